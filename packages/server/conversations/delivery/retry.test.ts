import { ChannelError } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { afterFailure, type Tries } from './retry.ts';

const hour = 60 * 60 * 1000;
const untried: Tries = { attempts: 0, failures: 0, failingSince: null };
const away = new ChannelError('network', 'connection reset', { retry: true });
const limited = (retryAfterMs: number | null) =>
  new ChannelError('limited', 'Too Many Requests', { retry: true, retryAfterMs });

/** Fails in the same way until it is dead or `forMs` are over. */
function failing(error: unknown, forMs: number, random: () => number) {
  let tries = untried;
  let now = 0;
  const waits: number[] = [];
  while (now < forMs) {
    const after = afterFailure(tries, error, { maxFailures: 10, now: new Date(now), random: random() });
    tries = after.tries;
    if (after.dead) return { deadAfterMs: now, tries, waits };
    waits.push(after.waitMs);
    now += after.waitMs;
  }
  return { deadAfterMs: null, tries, waits };
}

describe('a row that fails', () => {
  it('because the platform is away outlives any outage of less than a day, and is asked about less and less often', () => {
    for (const random of [() => 0.1, () => 0.999, Math.random]) {
      const { deadAfterMs, tries, waits } = failing(away, 23 * hour, random);
      expect({ deadAfterMs, failures: tries.failures }).toEqual({ deadAfterMs: null, failures: 0 });
      expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
    }
    expect(failing(away, 25 * hour, () => 0.5).deadAfterMs).toBeGreaterThanOrEqual(24 * hour);
    expect(failing(away, 24 * hour, () => 0.5).waits.length).toBeLessThan(1_000);
  });

  it('because of itself is dead after so many failures, however long the platform was away before', () => {
    const broken = new Error('broken');
    expect(failing(broken, hour, () => 0.999).tries).toMatchObject({ attempts: 10, failures: 10 });
    const { tries } = failing(away, 20 * hour, () => 0.5);
    expect(afterFailure(tries, broken, { maxFailures: 10, now: new Date(20 * hour) }).dead).toBe(false);
  });

  it('because of the network while others got through is dead after so many failures too: it is the row’s own fault', () => {
    let tries = untried;
    for (let count = 1; count <= 10; count += 1) {
      const after = afterFailure(tries, away, { maxFailures: 10, othersGotThrough: true });
      expect(after.dead).toBe(count === 10);
      tries = after.tries;
    }
  });

  it('and will never work is dead at once', () => {
    const blocked = new ChannelError('blocked', 'blocked', { retry: false });
    expect(afterFailure(untried, blocked, { maxFailures: 10 }).dead).toBe(true);
  });

  it('because it was asked too often is no attempt, and waits a little longer than it was asked to, each a little differently', () => {
    const after = (random: number) => afterFailure(untried, limited(10_000), { maxFailures: 10, random });
    expect(after(0)).toMatchObject({ dead: false, waitMs: 10_000, tries: { attempts: 0, failures: 0 } });
    expect(after(0.9).waitMs).toBeGreaterThan(11_000);
    expect(after(0.9).waitMs).toBeLessThanOrEqual(12_000);
    expect(failing(limited(null), 23 * hour, () => 0.5)).toMatchObject({ deadAfterMs: null, tries: { attempts: 0 } });
    expect(failing(limited(30_000), 25 * hour, () => 0).deadAfterMs).toBe(24 * hour);
  });
});
