import type { Message, Turn } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import type { KnownTurn } from '../chat/conversation-state.ts';
import { linesOf } from './transcript.ts';

const at = '2026-03-10T10:00:00.000Z';
const message = (id: string, role: Message['role'], turnId: string | null): Message => ({
  id,
  turnId,
  role,
  author: null,
  text: id,
  origin: 'portal',
  quick: false,
  attachments: [],
  at,
});
const turn = (id: string, state: Turn['state']): KnownTurn => ({
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
  finishedAt: ['answered', 'failed', 'stopped', 'handed_over'].includes(state) ? at : null,
  since: 0,
});
const shown = (...parts: Parameters<typeof linesOf>) => linesOf(...parts).map(({ key }) => key);

describe('a transcript', () => {
  it('shows what was said in its order, with what a colleague said in between', () => {
    const messages = [
      message('q1', 'person', 't1'),
      message('a1', 'agent', 't1'),
      message('n1', 'note', null),
      message('h1', 'human', null),
    ];
    expect(shown({ conversation: null, messages, more: false, turns: [turn('t1', 'answered')], partials: {} })).toEqual(
      ['q1', 'a1', 'n1', 'h1'],
    );
  });

  it('says of a turn without an answer how it ended, where it was asked', () => {
    const messages = [message('q1', 'person', 't1'), message('q2', 'person', 't2'), message('a2', 'agent', 't2')];
    const turns = [turn('t1', 'failed'), turn('t2', 'answered')];
    expect(shown({ conversation: null, messages, more: false, turns, partials: {} })).toEqual([
      'q1',
      'turn-t1',
      'q2',
      'a2',
    ]);
  });

  it('ends with what is being worked on, after whatever was said meanwhile', () => {
    const messages = [message('q1', 'person', 't1'), message('q2', 'person', 't2'), message('n1', 'note', null)];
    const turns = [turn('t1', 'thinking'), turn('t2', 'queued')];
    expect(shown({ conversation: null, messages, more: false, turns, partials: { t1: 'So far' } })).toEqual([
      'q1',
      'q2',
      'n1',
      'partial-t1',
      'turn-t1',
      'turn-t2',
    ]);
  });

  it('shows an answer once, when it has come before the end of its turn was told', () => {
    const messages = [message('q1', 'person', 't1'), message('a1', 'agent', 't1')];
    expect(
      shown({ conversation: null, messages, more: false, turns: [turn('t1', 'thinking')], partials: { t1: 'So' } }),
    ).toEqual(['q1', 'a1']);
  });
});
