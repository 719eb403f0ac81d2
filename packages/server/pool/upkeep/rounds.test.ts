import { expect, test, vi } from 'vitest';
import { startRounds } from './rounds.ts';

/** A busy machine takes its time. */
const patience = { timeout: 20_000, interval: 20 };

test('rounds never overlap, and one that is asked for during another follows it', async () => {
  let under = 0;
  let most = 0;
  let count = 0;
  const rounds = startRounds(
    async () => {
      most = Math.max(most, ++under);
      await new Promise((resolve) => setTimeout(resolve, 5));
      under -= 1;
      count += 1;
      return null;
    },
    () => undefined,
  );
  rounds.soon();
  rounds.soon();
  await vi.waitFor(() => expect(count).toBe(2), patience);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([count, most]).toEqual([2, 1]);
  await rounds.close();
});

test('comes again by itself after the pause a round asks for, and not after it is closed', async () => {
  let count = 0;
  const rounds = startRounds(
    async () => {
      count += 1;
      return 1;
    },
    () => undefined,
  );
  await vi.waitFor(() => expect(count).toBeGreaterThan(2), patience);
  await rounds.close();
  const then = count;
  rounds.soon();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(count).toBe(then);
});

test('tells of an error and goes on', async () => {
  const errors: unknown[] = [];
  let count = 0;
  const rounds = startRounds(
    async () => {
      count += 1;
      throw new Error(`round ${count}`);
    },
    (error) => errors.push(error),
  );
  await vi.waitFor(() => expect(errors).toHaveLength(1), patience);
  rounds.soon();
  await vi.waitFor(() => expect(errors).toHaveLength(2), patience);
  await rounds.close();
});
