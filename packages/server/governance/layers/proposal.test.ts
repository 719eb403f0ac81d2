import type { ProposalState } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { canaryUpTo, hasCanary, type ProposalStep, possibleSteps, takeStep } from './proposal.ts';

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
  const trying = (id: string, percent: number, of = tenants) => {
    const upTo = canaryUpTo(of, id, percent);
    return of.filter((tenantId) => hasCanary(tenantId, { id, canaryUpTo: upTo }));
  };

  test.each([
    [2_000, 20, 400],
    [3, 50, 2],
    [3, 1, 1],
    [1, 99, 1],
    [0, 50, 0],
  ])('are of %i with %i %% exactly %i, and the same ones each time', (count, percent, expected) => {
    const some = trying('a', percent, tenants.slice(0, count));
    expect(some).toHaveLength(expected);
    expect(trying('a', percent, tenants.slice(0, count))).toEqual(some);
  });

  test('are nobody while nobody tries it', () => {
    expect(tenants.some((tenantId) => hasCanary(tenantId, { id: 'a', canaryUpTo: null }))).toBe(false);
  });

  test('are of those who come later about as many as the percentage says, also where nobody was before', () => {
    for (const before of [tenants.slice(0, 1_000), []]) {
      const upTo = canaryUpTo(before, 'a', 20);
      const later = tenants.slice(1_000).filter((tenantId) => hasCanary(tenantId, { id: 'a', canaryUpTo: upTo }));
      expect(later.length).toBeGreaterThan(140);
      expect(later.length).toBeLessThan(260);
    }
  });

  test('only grow in number when the percentage rises', () => {
    const more = new Set(trying('a', 60));
    expect(trying('a', 20).every((tenantId) => more.has(tenantId))).toBe(true);
  });

  test('are others for another change', () => {
    expect(trying('a', 20)).not.toEqual(trying('b', 20));
  });
});
