/** A lease of a row of the inbox or outbox, and how often it is renewed: a worker that missed two renewals has lost it. */
export const leaseMs = 15_000;
export const leaseRenewalMs = 5_000;

/** Attempts after which a row is a dead letter. */
export const inboxAttempts = 8;
export const outboxAttempts = 10;

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

/** What is kept of an error: one line, no stack. */
export const errorLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\s+/gu, ' ').replaceAll('\0', '').slice(0, 500);
