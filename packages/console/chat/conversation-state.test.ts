import type { Conversation, ConversationEvent, Message, Turn } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import {
  activeTurnOf,
  type ConversationState,
  conversationReducer,
  emptyConversation,
  newPersonMessages,
  threadOf,
} from './conversation-state.ts';

const at = '2026-03-10T12:00:00.000Z';
const conversation: Conversation = {
  id: 'c1',
  tenantId: 'carol',
  tenantName: 'Carol’s agent',
  path: 'emp',
  title: 'Who are you?',
  current: true,
  takeover: null,
  createdAt: at,
  updatedAt: at,
  endedAt: null,
};
const turn = (id: string, state: Turn['state']): Turn => ({
  id,
  origin: 'portal',
  state,
  position: 0,
  acts: [],
  reason: null,
  message: null,
  hint: null,
  retryAt: null,
  acceptedAt: at,
  finishedAt: null,
});
const message = (parts: Pick<Message, 'id' | 'role' | 'text'> & Partial<Message>): Message => ({
  turnId: null,
  author: null,
  origin: 'portal',
  quick: false,
  attachments: [],
  at,
  ...parts,
});
const question = (turnId: string, text = 'Who are you?') =>
  message({ id: `${turnId}-q`, turnId, role: 'person', text });
const answer = (turnId: string, text = 'I am your agent.') =>
  message({ id: `${turnId}-a`, turnId, role: 'agent', text });
const quick = (turnId: string) =>
  message({ id: `${turnId}-k`, turnId, role: 'agent', text: 'In short: yes.', quick: true });
const human = (id: string) => message({ id, role: 'human', author: 'Maria Lopez', text: 'I am here.' });
const note = (id: string) => message({ id, role: 'note', text: 'Maria Lopez has joined.' });
const snapshot = (parts: Partial<Extract<ConversationEvent, { type: 'snapshot' }>> = {}): ConversationEvent => ({
  type: 'snapshot',
  conversation,
  messages: [],
  more: false,
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

describe('a long conversation', () => {
  const newest = snapshot({ messages: [question('t3'), answer('t3')], more: true });
  const read = (state: ConversationState, before: string, messages: Message[], more: boolean) =>
    conversationReducer(state, { type: 'earlier', before, messages, more });
  const shown = ({ messages, more }: ConversationState) => [messages.map(({ id }) => id).join(' '), more];

  it('grows at its beginning by the pages that are asked for, each once', () => {
    const opened = after(newest);
    const one = read(opened, 't3-q', [question('t2'), answer('t2')], true);
    expect(shown(one)).toEqual(['t2-q t2-a t3-q t3-a', true]);
    expect(read(one, 't3-q', [question('t2'), answer('t2')], true)).toBe(one);
    expect(shown(read(one, 't2-q', [question('t1')], false))).toEqual(['t1-q t2-q t2-a t3-q t3-a', false]);
  });

  it('keeps what was read of it when the connection comes back', () => {
    const all = read(after(newest), 't3-q', [question('t1'), answer('t1')], false);
    const again = snapshot({ messages: [question('t3'), answer('t3'), question('t4')], more: true });
    const state = conversationReducer(all, { type: 'event', event: again, now: 0 });
    expect(shown(state)).toEqual(['t1-q t1-a t3-q t3-a t4-q', false]);
  });

  it('begins anew when more was said meanwhile than a snapshot holds: nothing is missing between two messages', () => {
    const all = read(after(newest), 't3-q', [question('t1')], false);
    const event = snapshot({ messages: [question('t8')], more: true });
    expect(shown(conversationReducer(all, { type: 'event', event, now: 0 }))).toEqual(['t8-q', true]);
  });
});

describe('the thread that is shown', () => {
  it('put each answer under its question, even when the next question came before it', () => {
    const state = after(
      snapshot({
        messages: [question('t1'), question('t2'), answer('t1')],
        turns: [turn('t2', 'thinking')],
        partial: { turnId: 't2', text: 'Well' },
      }),
    );
    expect(threadOf(state)).toMatchObject([
      { turnId: 't1', question: question('t1'), answer: answer('t1'), turn: null, partial: null },
      { turnId: 't2', question: question('t2'), answer: null, turn: { state: 'thinking' }, partial: 'Well' },
    ]);
  });

  it('shows a quick answer between the question and the answer that is still being written', () => {
    const state = after(
      snapshot({
        messages: [question('t1')],
        turns: [turn('t1', 'waking')],
        partial: { turnId: 't1', text: 'Wh' },
      }),
      { type: 'message', message: quick('t1') },
      { type: 'delta', turnId: 't1', text: 'ole' },
    );
    expect(threadOf(state)).toMatchObject([{ question: question('t1'), quick: quick('t1'), partial: 'Whole' }]);
    expect(threadOf(after(snapshot({ messages: [question('t1'), quick('t1'), answer('t1')] })))).toMatchObject([
      { quick: quick('t1'), answer: answer('t1') },
    ]);
  });

  it('puts what was said outside of turns where it was said', () => {
    const state = after(
      snapshot({ messages: [question('t1'), answer('t1'), note('n1'), question('t2'), human('h1')] }),
    );
    const shown = threadOf(state).map((item) => (item.kind === 'aside' ? item.message.id : item.turnId));
    expect(shown).toEqual(['t1', 'n1', 't2', 'h1']);
  });

  it('knows of a question that a human has answered in the agent’s place', () => {
    const items = threadOf(
      after(snapshot({ messages: [question('t0'), answer('t0'), question('t1'), human('h1'), question('t2')] })),
    );
    const answered = items.flatMap((item) => (item.kind === 'exchange' ? [[item.turnId, item.answeredByHuman]] : []));
    expect(answered).toEqual([
      ['t0', false],
      ['t1', true],
      ['t2', false],
    ]);
  });
});

describe('a session that is taken over', () => {
  const takeover = { by: 'Maria Lopez', userId: 'maria', until: at };

  it('is known from the event that tells of it, and from the one that tells of its end', () => {
    const taken = after(snapshot(), { type: 'conversation', conversation: { ...conversation, takeover } });
    expect(taken.conversation?.takeover).toEqual(takeover);
    const back = conversationReducer(taken, { type: 'event', event: { type: 'conversation', conversation }, now: 0 });
    expect(back.conversation?.takeover).toBeNull();
  });

  it('leaves nothing to stop: its turns are over for the agent', () => {
    expect(activeTurnOf(after(snapshot({ turns: [turn('t1', 'handed_over')] })))).toBeNull();
  });
});
