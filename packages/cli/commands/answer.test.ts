import type { ConversationEvent, Message, Turn, TurnState } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { createProgress } from './answer.ts';

const at = '2026-01-01T00:00:00.000Z';
const turn = (state: TurnState, id = 't1'): Turn => ({
  id,
  origin: 'portal',
  state,
  reason: null,
  message: null,
  hint: null,
  retryAt: null,
  position: 0,
  acts: [],
  acceptedAt: at,
  finishedAt: null,
});
const reply = (text: string, turnId = 't1'): Message => ({
  ...{ id: `m-${turnId}`, turnId, role: 'agent', text, at },
  ...{ author: null, origin: 'portal', quick: false, attachments: [] },
});
const snapshot = (parts: Partial<Extract<ConversationEvent, { type: 'snapshot' }>>): ConversationEvent => ({
  type: 'snapshot',
  conversation: {
    ...{ id: 'c', title: '', createdAt: at, updatedAt: at, endedAt: null },
    ...{ tenantId: 't', tenantName: 'agent-t', path: 'emp', current: true, takeover: null },
  },
  messages: [],
  more: false,
  turns: [],
  partial: null,
  ...parts,
});

describe('following a turn', () => {
  it('shows its states and the pieces of its answer, and ends with the whole', () => {
    const { progress, seen } = follow();
    progress.apply({ type: 'turn', turn: turn('thinking') });
    progress.apply({ type: 'delta', turnId: 't1', text: 'I am ' });
    progress.apply({ type: 'delta', turnId: 't1', text: 'Carol' });
    progress.apply({ type: 'message', message: reply('I am Carol.') });
    expect(progress.answer()).toBeNull();
    progress.apply({ type: 'turn', turn: turn('answered') });
    expect(seen).toEqual(['<queued>', '<thinking>', 'I am ', 'Carol', '.', '<answered>']);
    expect(progress.answer()).toMatchObject({ text: 'I am Carol.', turn: { state: 'answered' } });
  });

  it('waits for the message when the state comes first', () => {
    const { progress } = follow();
    progress.apply({ type: 'turn', turn: turn('answered') });
    expect(progress.answer()).toBeNull();
    progress.apply({ type: 'message', message: reply('Yes.') });
    expect(progress.answer()?.text).toBe('Yes.');
  });

  it('takes up after a lost connection where it was, without saying anything twice', () => {
    const { progress, seen } = follow();
    progress.apply({ type: 'delta', turnId: 't1', text: 'One ' });
    progress.apply(snapshot({ turns: [turn('thinking')], partial: { turnId: 't1', text: 'One two' } }));
    expect(seen).toEqual(['<queued>', 'One ', 'two', '<thinking>']);
  });

  it('finds an answer that came while the connection was away', () => {
    const { progress } = follow();
    progress.apply(snapshot({ messages: [reply('Done.')], turns: [turn('answered')] }));
    expect(progress.answer()?.text).toBe('Done.');
  });

  it('begins anew when the turn runs again', () => {
    const { progress, seen } = follow();
    progress.apply({ type: 'delta', turnId: 't1', text: 'Half an ans' });
    progress.apply({ type: 'restart', turnId: 't1' });
    progress.apply({ type: 'delta', turnId: 't1', text: 'Whole.' });
    expect(seen).toEqual(['<queued>', 'Half an ans', '<again>', 'Whole.']);
  });

  it.each(['failed', 'stopped'] as const)('ends when it %s', (state) => {
    const { progress } = follow();
    progress.apply({ type: 'turn', turn: turn(state) });
    expect(progress.answer()).toMatchObject({ text: null, turn: { state } });
  });

  it('does not mind other turns of the conversation', () => {
    const { progress, seen } = follow();
    progress.apply({ type: 'turn', turn: turn('failed', 't0') });
    progress.apply({ type: 'delta', turnId: 't0', text: 'x' });
    progress.apply({ type: 'message', message: reply('y', 't0') });
    expect(seen).toEqual(['<queued>']);
    expect(progress.answer()).toBeNull();
  });
});

function follow() {
  const seen: string[] = [];
  const progress = createProgress(turn('queued'), {
    onTurn: ({ state }) => seen.push(`<${state}>`),
    onText: (text) => seen.push(text),
    onRestart: () => seen.push('<again>'),
  });
  return { progress, seen };
}
