import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSoon, type SoonOptions } from './soon.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

function counting(options: Partial<SoonOptions> = {}) {
  const began: string[] = [];
  const ends: (() => void)[] = [];
  const soon = createSoon({
    quietMs: 1_000,
    latestMs: 10_000,
    concurrency: 2,
    run: (key) => {
      began.push(key);
      return new Promise((resolve) => ends.push(resolve));
    },
    ...options,
  });
  return { soon, began, ends };
}

test('runs once for turns in a row, a moment after the last', async () => {
  const { soon, began } = counting();
  for (let turn = 0; turn < 3; turn++) {
    soon.ask('a');
    await vi.advanceTimersByTimeAsync(900);
  }
  expect(began).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(began).toEqual(['a']);
});

test('turns without a pause cannot put it off for ever', async () => {
  const { soon, began } = counting();
  for (let at = 0; at < 10_500; at += 500) {
    soon.ask('a');
    await vi.advanceTimersByTimeAsync(500);
  }
  expect(began).toEqual(['a']);
});

test('no more at once than allowed, in order, and never two of one key', async () => {
  const { soon, began, ends } = counting();
  for (const key of ['a', 'b', 'c', 'd']) soon.ask(key);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(began).toEqual(['a', 'b']);
  soon.ask('a');
  await vi.advanceTimersByTimeAsync(1_000);
  expect(began).toEqual(['a', 'b']);
  ends[1]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(began).toEqual(['a', 'b', 'c']);
  ends[2]?.();
  await vi.advanceTimersByTimeAsync(0);
  ends[3]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(began).toEqual(['a', 'b', 'c', 'd']);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(began).toEqual(['a', 'b', 'c', 'd', 'a']);
});

test('closing drops what has not begun and waits for what has', async () => {
  const { soon, began, ends } = counting();
  soon.ask('a');
  await vi.advanceTimersByTimeAsync(1_000);
  soon.ask('b');
  let closed = false;
  void soon.close().then(() => {
    closed = true;
  });
  await vi.advanceTimersByTimeAsync(5_000);
  expect([began, closed]).toEqual([['a'], false]);
  ends[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(closed).toBe(true);
});
