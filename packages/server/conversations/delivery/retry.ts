import { ChannelError } from '@clawpool/contracts';

/** A lease of a row of the inbox or outbox, and how often it is renewed: a worker that missed two renewals has lost it. */
export const leaseMs = 15_000;
export const leaseRenewalMs = 5_000;

/** Failures after which a row is a dead letter, where the platform was there. */
export const inboxFailures = 8;
export const outboxFailures = 10;

/** While the platform is away, or says that it is asked too often, a row is tried for a day: how often says nothing then. */
const awayForMs = 24 * 60 * 60 * 1000;

/** Pictures that were sent together come one by one: the first is held back so long for the others. */
export const groupWaitMs = 1_500;

const firstMs = 500;
const longestMs = 300_000;

/**
 * How long to wait after the `attempts`-th failed attempt: exponential with full jitter, so that what failed together does not come
 * back together (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
 *
 * @param random from 0 to below 1
 * @returns milliseconds, at least 50 and at most five minutes
 */
export function backoffMs(attempts: number, random: number = Math.random()): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** Math.min(attempts - 1, 20));
  return Math.max(50, Math.round(random * ceiling));
}

/** What is remembered of a row that could not be delivered yet. */
export interface Tries {
  /** Those that failed, for people to read; being asked to wait is none. */
  attempts: number;
  /** Those of them that say something about the row: the platform was there. */
  failures: number;
  /** Since when no attempt was successful; null: none has failed. */
  failingSince: Date | null;
}

/**
 * What becomes of a row after one more failure: it is dead, or tried again after `waitMs`. A platform that is away or overloaded is waited
 * for by age, everything else ends by count: also what the network seems to fail at while others got through (a file that is too much for it).
 */
export function afterFailure(
  { attempts, failures, failingSince }: Tries,
  error: unknown,
  {
    maxFailures,
    othersGotThrough = false,
    now = new Date(),
    random = Math.random(),
  }: { maxFailures: number; othersGotThrough?: boolean; now?: Date; random?: number },
): { dead: boolean; waitMs: number; tries: Tries } {
  const known = error instanceof ChannelError ? error : null;
  const limited = known?.kind === 'limited';
  const away = limited || (known?.kind === 'network' && !othersGotThrough);
  const since = failingSince ?? now;
  const ageMs = Math.max(0, now.getTime() - since.getTime());
  const tries = {
    attempts: attempts + (limited ? 0 : 1),
    failures: failures + (away ? 0 : 1),
    failingSince: since,
  };
  const dead = known?.retry === false || (away ? ageMs >= awayForMs : tries.failures >= maxFailures);
  if (known && known.retryAfterMs !== null) return { dead, waitMs: askedToWaitMs(known.retryAfterMs, random), tries };
  return { dead, waitMs: away ? awayMs(ageMs, random) : backoffMs(tries.failures, random), tries };
}

/** At least what was asked for, and a fifth more: what was refused together does not come back together. */
const askedToWaitMs = (retryAfterMs: number, random: number): number =>
  retryAfterMs + Math.round(random * Math.min(60_000, retryAfterMs / 5));

/** Up to as long again as it has been going on, with full jitter. */
const awayMs = (ageMs: number, random: number): number =>
  Math.max(50, Math.round(random * Math.min(longestMs, Math.max(firstMs, ageMs))));

/** What is kept of an error: one line, no stack. */
export const errorLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/gu, ' ').replaceAll('\0', '').slice(0, 500);
