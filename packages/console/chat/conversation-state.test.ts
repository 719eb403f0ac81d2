import type { Conversation, ConversationEvent, Message, Turn } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import {
  activeTurnOf,
  type ConversationState,
  conversationReducer,
  emptyConversation,
  exchangesOf,
  newPersonMessages,
} from './conversation-state.ts';

const at = '2026-03-10T12:00:00.000Z';
const conversation: Conversation = { id: 'c1', title: 'Who are you?', createdAt: at, updatedAt: at };
const turn = (id: string, state: Turn['state']): Turn => ({
  id,
  state,
  reason: null,
  message: null,
  hint: null,
  retryAt: null,
  acceptedAt: at,
  finishedAt: null,
});
const question = (turnId: string, text = 'Who are you?'): Message => ({
  id: `${turnId}-q`,
  turnId,
  role: 'person',
  text,
  at,
});
const answer = (turnId: string, text = 'I am your agent.'): Message => ({
  id: `${turnId}-a`,
  turnId,
  role: 'agent',
  text,
  at,
});
const snapshot = (parts: Partial<Extract<ConversationEvent, { type: 'snapshot' }>> = {}): ConversationEvent => ({
  type: 'snapshot',
  conversation,
  messages: [],
  turns: [],
  partial: null,
  ...parts,
});

/** The state after these events, one second apart. */
function after(...events: ConversationEvent[]): ConversationState {
  const start = Date.parse(at);
  return events.reduce(
    (state, event, index) => conversationReducer(state, { type: 'event', event, now: start + index * 1000 }),
    emptyConversation,
  );
}

describe('a conversation as its events arrive', () => {
  it('starts with everything that the snapshot holds, the unfinished answer included', () => {
    const state = after(
      snapshot({
        messages: [question('t1')],
        turns: [turn('t1', 'thinking')],
        partial: { turnId: 't1', text: 'I am' },
      }),
    );
    expect(state).toMatchObject({ conversation, messages: [question('t1')], partials: { t1: 'I am' } });
  });

  it('grows the answer by each delta, after the text of the snapshot', () => {
    const state = after(
      snapshot({ messages: [question('t1')], turns: [turn('t1', 'thinking')], partial: { turnId: 't1', text: 'I' } }),
      { type: 'delta', turnId: 't1', text: ' am' },
      { type: 'delta', turnId: 't1', text: ' here' },
    );
    expect(state.partials).toEqual({ t1: 'I am here' });
  });

  it('forgets the deltas when the turn is run again', () => {
    const state = after(
      snapshot({ messages: [question('t1')], turns: [turn('t1', 'thinking')] }),
      { type: 'delta', turnId: 't1', text: 'half an ans' },
      { type: 'restart', turnId: 't1' },
      { type: 'delta', turnId: 't1', text: 'Whole' },
    );
    expect(state.partials).toEqual({ t1: 'Whole' });
  });

  it('puts the whole answer in the place of the deltas, and ignores a delta that comes late', () => {
    const state = after(
      snapshot({ messages: [question('t1')], turns: [turn('t1', 'thinking')] }),
      { type: 'delta', turnId: 't1', text: 'I am' },
      { type: 'message', message: answer('t1') },
      { type: 'delta', turnId: 't1', text: ' your' },
    );
    expect(state.partials).toEqual({});
    expect(state.messages).toEqual([question('t1'), answer('t1')]);
  });

  it('holds each message once, however often it arrives', () => {
    const state = after(
      snapshot(),
      { type: 'message', message: question('t1') },
      { type: 'message', message: question('t1') },
      { type: 'message', message: answer('t1') },
      snapshot({ messages: [question('t1'), answer('t1')], turns: [turn('t1', 'answered')] }),
      { type: 'message', message: answer('t1') },
    );
    expect(state.messages).toEqual([question('t1'), answer('t1')]);
  });

  it('follows a turn through its states and remembers since when it is in the present one', () => {
    const state = after(
      snapshot({ messages: [question('t1')], turns: [turn('t1', 'queued')] }),
      { type: 'turn', turn: turn('t1', 'waking') },
      { type: 'turn', turn: turn('t1', 'waking') },
    );
    expect(state.turns).toEqual([{ ...turn('t1', 'waking'), since: Date.parse(at) + 1000 }]);
  });

  it('keeps counting the time of a turn over a reconnect', () => {
    const state = after(
      snapshot({ messages: [question('t1')], turns: [turn('t1', 'queued')] }),
      { type: 'turn', turn: turn('t1', 'waking') },
      snapshot({ messages: [question('t1')], turns: [turn('t1', 'waking')] }),
    );
    expect(state.turns[0]?.since).toBe(Date.parse(at) + 1000);
  });
});

describe('a message that was accepted', () => {
  it('appears with its turn', () => {
    const state = conversationReducer(after(snapshot()), {
      type: 'accepted',
      message: question('t1'),
      turn: turn('t1', 'queued'),
      now: 5,
    });
    expect(state.messages).toEqual([question('t1')]);
    expect(state.turns).toEqual([{ ...turn('t1', 'queued'), since: 5 }]);
  });

  it('does not set a turn back that the stream has already seen further on', () => {
    const streamed = after(
      snapshot(),
      { type: 'message', message: question('t1') },
      { type: 'turn', turn: turn('t1', 'thinking') },
    );
    const state = conversationReducer(streamed, {
      type: 'accepted',
      message: question('t1'),
      turn: turn('t1', 'queued'),
      now: 5,
    });
    expect(state.turns.map(({ state: name }) => name)).toEqual(['thinking']);
    expect(state.messages).toHaveLength(1);
  });
});

describe('news from the person', () => {
  it('is a message that another tab, or this one, has just sent', () => {
    const state = after(snapshot());
    expect(newPersonMessages(state, { type: 'message', message: question('t1') })).toEqual([question('t1')]);
    expect(newPersonMessages(state, { type: 'message', message: answer('t1') })).toEqual([]);
  });

  it('is what a snapshot holds after a reconnect, but not what it holds at first', () => {
    const event = snapshot({ messages: [question('t1'), question('t2')] });
    expect(newPersonMessages(emptyConversation, event)).toEqual([]);
    const known = after(snapshot({ messages: [question('t1')] }));
    expect(newPersonMessages(known, event)).toEqual([question('t2')]);
  });
});

describe('what can be stopped', () => {
  it('is the turn the agent works on, else the first that waits', () => {
    const turns = [turn('t0', 'answered'), turn('t1', 'queued'), turn('t2', 'thinking')];
    expect(activeTurnOf(after(snapshot({ turns })))?.id).toBe('t2');
    expect(activeTurnOf(after(snapshot({ turns: turns.slice(0, 2) })))?.id).toBe('t1');
    expect(activeTurnOf(after(snapshot({ turns: turns.slice(0, 1) })))).toBeNull();
  });
});

describe('the exchanges that are shown', () => {
  it('put each answer under its question, even when the next question came before it', () => {
    const state = after(
      snapshot({
        messages: [question('t1'), question('t2'), answer('t1')],
        turns: [turn('t2', 'thinking')],
        partial: { turnId: 't2', text: 'Well' },
      }),
    );
    expect(exchangesOf(state)).toMatchObject([
      { turnId: 't1', question: question('t1'), answer: answer('t1'), turn: null, partial: null },
      { turnId: 't2', question: question('t2'), answer: null, turn: { state: 'thinking' }, partial: 'Well' },
    ]);
  });
});
