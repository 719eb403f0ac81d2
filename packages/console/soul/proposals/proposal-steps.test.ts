import { describe, expect, it } from 'vitest';
import { stepsOf } from './proposal-steps.ts';

const standings = (state: Parameters<typeof stepsOf>[0]['state'], reviewer: string | null = null) =>
  stepsOf({ state, reviewer }).map(({ standing }) => standing);

describe('the way of a proposal', () => {
  it('shows what is done, what is now and what is ahead', () => {
    expect(standings('in_review')).toEqual(['done', 'now', 'ahead', 'ahead', 'ahead']);
    expect(standings('canary', 'Ann')).toEqual(['done', 'done', 'done', 'now', 'ahead']);
    expect(standings('published', 'Ann')).toEqual(['done', 'done', 'done', 'done']);
  });

  it('ends where it was rejected or withdrawn', () => {
    expect(standings('rejected', 'Ann')).toEqual(['done', 'ended', 'ahead', 'ahead', 'ahead']);
    expect(standings('withdrawn')).toEqual(['ended', 'ahead', 'ahead', 'ahead', 'ahead']);
  });
});
