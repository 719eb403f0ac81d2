import type { Turn } from '@clawpool/contracts';
import { renderToStaticMarkup } from 'react-dom/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTexts } from '../language/language.ts';
import { VisitorStatus } from '../twin/visitor-status.tsx';
import { TurnStatus } from './turn-status.tsx';

beforeAll(() => startTexts('en'));

const at = '2026-03-10T12:00:00.000Z';
const turn = (parts: Partial<Turn>) => ({
  id: 't1',
  origin: 'portal' as const,
  state: 'queued' as const,
  reason: null,
  message: null,
  hint: null,
  retryAt: null,
  position: 0,
  acts: [],
  acceptedAt: at,
  finishedAt: null,
  since: Date.now(),
  ...parts,
});
const textOf = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const shown = (parts: Partial<Turn>, { first = false, human = null as string | null } = {}) =>
  textOf(
    renderToStaticMarkup(
      <TurnStatus
        open={{ turn: turn(parts), first, writing: false }}
        human={human}
        onTryNow={() => {}}
        onWithdraw={() => {}}
      />,
    ),
  );

describe('whoever waits for their agent is told', () => {
  it('how many of their messages are answered first', () => {
    expect(shown({ position: 1 })).toContain('1 message of yours is answered first');
    expect(shown({ position: 3 })).toContain('3 messages of yours are answered first');
    expect(shown({ position: 0 }, { first: true })).toContain('It is your turn in a moment');
  });

  it('who answers instead of the agent', () => {
    expect(shown({ state: 'handed_over' }, { human: 'Maria Lopez' })).toContain('Maria Lopez answers you now.');
    expect(shown({ state: 'handed_over' })).toContain('A colleague answers you');
  });

  it('what the agent had done before it was interrupted, and decides what happens', () => {
    const text = shown({
      state: 'failed',
      reason: 'interrupted_after_acting',
      acts: [{ tool: 'exec', arguments: './send.sh --invoice 4711', at }],
      finishedAt: at,
    });
    expect(text).toContain('exec');
    expect(text).toContain('./send.sh --invoice 4711');
    expect(text).toContain('Run again');
    expect(text).toContain('Leave it');
  });

  it('that another failure can simply be tried again', () => {
    const text = shown({ state: 'failed', reason: 'model_unavailable', finishedAt: at });
    expect(text).toContain('The model does not answer.');
    expect(text).toContain('Try again');
    expect(text).not.toContain('Leave it');
  });
});

describe('a visitor of a digital twin is told', () => {
  const told = (parts: Partial<Turn>) =>
    textOf(
      renderToStaticMarkup(
        <VisitorStatus open={{ turn: turn(parts), first: true, writing: false }} name="Carol Zhang" />,
      ),
    );

  it('whose twin wakes, and never of “your agent”', () => {
    expect(told({ state: 'waking' })).toContain('Waking Carol Zhang’s digital twin');
    const states = ['queued', 'waking', 'thinking', 'blocked', 'failed', 'stopped', 'handed_over'] as const;
    for (const state of states) expect(told({ state }), state).not.toMatch(/your agent/i);
  });

  it('nothing of why it failed', () => {
    const text = told({ state: 'failed', reason: 'model_refused_key', message: 'key sk-123 refused', finishedAt: at });
    expect(text).not.toContain('sk-123');
  });
});
