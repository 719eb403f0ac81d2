import type { ProposalState } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { hasCanary, type ProposalStep, possibleSteps, takeStep } from './proposal.ts';

const author = { author: true, editor: false };
const editor = { author: false, editor: true };
const both = { author: true, editor: true };
const neither = { author: false, editor: false };

/** What the author, an editor, an author who is an editor, and a reader may do in each state. */
const table: readonly [ProposalState, ProposalStep[], ProposalStep[], ProposalStep[]][] = [
  ['draft', ['edit', 'submit', 'withdraw'], ['withdraw'], ['edit', 'submit', 'withdraw']],
  ['in_review', ['edit', 'withdraw'], ['approve', 'reject', 'withdraw'], ['edit', 'withdraw']],
  [
    'approved',
    ['edit', 'withdraw'],
    ['reject', 'canary', 'publish', 'withdraw'],
    ['edit', 'canary', 'publish', 'withdraw'],
  ],
  ['canary', ['withdraw'], ['canary', 'publish', 'withdraw'], ['canary', 'publish', 'withdraw']],
  ['rejected', ['edit'], [], ['edit']],
  ['published', [], [], []],
  ['withdrawn', [], [], []],
];

describe('a proposal', () => {
  test.each(table)('that is %s: who may do what', (state, ofAuthor, ofEditor, ofBoth) => {
    const facts = { state, outdated: false };
    expect(possibleSteps(facts, author)).toEqual(ofAuthor);
    expect(possibleSteps(facts, editor)).toEqual(ofEditor);
    expect(possibleSteps(facts, both)).toEqual(ofBoth);
    expect(possibleSteps(facts, neither)).toEqual([]);
  });

  test('goes from draft to everybody in five steps', () => {
    const path: [ProposalStep, typeof author][] = [
      ['submit', author],
      ['approve', editor],
      ['canary', editor],
      ['canary', editor],
      ['publish', editor],
    ];
    let state: ProposalState = 'draft';
    const states = path.map(([step, who]) => {
      state = takeStep({ state, outdated: false }, step, who);
      return state;
    });
    expect(states).toEqual(['in_review', 'approved', 'canary', 'canary', 'published']);
  });

  test('is never approved or rejected by its author, whatever else they may', () => {
    for (const step of ['approve', 'reject'] as const) {
      expect(() => takeStep({ state: 'in_review', outdated: false }, step, both)).toThrow(
        expect.objectContaining({ code: 'not_allowed', message: expect.stringContaining('themselves') }),
      );
    }
  });

  test('that was changed by its author has to be reviewed again', () => {
    expect(takeStep({ state: 'approved', outdated: false }, 'edit', author)).toBe('draft');
  });

  test('goes no further once the layer has changed: it can be drafted again, rejected or withdrawn', () => {
    const steps = table.flatMap(([state]) =>
      [author, editor].flatMap((who) => possibleSteps({ state, outdated: true }, who)),
    );
    expect([...new Set(steps)].sort()).toEqual(['edit', 'reject', 'withdraw']);
    expect(() => takeStep({ state: 'in_review', outdated: true }, 'approve', editor)).toThrow(
      expect.objectContaining({ code: 'conflict', details: { outdated: true } }),
    );
  });

  test('tells whoever comes too late how it stands', () => {
    expect(() => takeStep({ state: 'published', outdated: false }, 'approve', editor)).toThrow(
      expect.objectContaining({ code: 'conflict', details: { state: 'published' } }),
    );
  });
});

describe('the agents that try a change', () => {
  const tenants = Array.from({ length: 2_000 }, (_, n) => `tenant-${n}`);
  const trying = (id: string, canaryPercent: number | null) =>
    tenants.filter((tenantId) => hasCanary(tenantId, { id, canaryPercent }));

  test('are about as many as the percentage says, and the same ones each time', () => {
    expect(trying('a', 20).length).toBeGreaterThan(320);
    expect(trying('a', 20).length).toBeLessThan(480);
    expect(trying('a', 20)).toEqual(trying('a', 20));
    expect(trying('a', null)).toEqual([]);
  });

  test('only grow in number when the percentage rises', () => {
    const more = new Set(trying('a', 60));
    expect(trying('a', 20).every((tenantId) => more.has(tenantId))).toBe(true);
  });

  test('are others for another change', () => {
    expect(trying('a', 20)).not.toEqual(trying('b', 20));
  });
});
