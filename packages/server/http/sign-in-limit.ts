import { ClawpoolError } from '@clawpool/contracts';
import { eq, inArray, lt, sql } from 'drizzle-orm';
import { addressKey } from '../integrations/request-limit.ts';
import type { Drizzle } from '../store/database.ts';
import { rateLimits } from '../store/schema/index.ts';

const windowMs = 10 * 60_000;

/**
 * How many wrong passwords a window has room for. Guessing one account from one address ends early; guessing from many addresses,
 * or many accounts from one, later, so that nobody locks others out easily and an office behind one address can still sign in.
 */
const limits = { account_at_address: 10, account: 100, address: 100 } as const;

export interface SignInAttempt {
  /** As it was typed; need not exist. */
  email: string;
  address: string;
  now: number;
}

/** Wrong codes of a second factor in a window: of a million codes three are right at a time, whoever guesses has the password. */
const secondFactorTries = 5;

/** Counts a try at a person's second factor before its code is looked at. Error: `too_many_requests`. */
export async function countSecondFactor(db: Drizzle, userId: string, now: number): Promise<void> {
  const waitMs = await count(db, secondFactorKey(userId), secondFactorTries, now);
  if (waitMs > 0) throw tooMany('Too many wrong codes.', waitMs);
}

/** A right code. */
export async function forgiveSecondFactor(db: Drizzle, userId: string): Promise<void> {
  await db.delete(rateLimits).where(eq(rateLimits.key, secondFactorKey(userId)));
}

const secondFactorKey = (userId: string) => `second factor of ${userId}`;

/** Counts an attempt before its password is looked at, so that many at once cannot slip through. Error: `too_many_requests`. */
export async function countSignIn(db: Drizzle, attempt: SignInAttempt): Promise<void> {
  await db.delete(rateLimits).where(lt(rateLimits.windowStart, attempt.now - windowMs));
  const waits = await Promise.all(
    Object.entries(keysOf(attempt)).map(([kind, key]) =>
      count(db, key, limits[kind as keyof typeof limits], attempt.now),
    ),
  );
  const waitMs = Math.max(...waits);
  if (waitMs > 0) throw tooMany('Too many wrong passwords.', waitMs);
}

function tooMany(message: string, waitMs: number): ClawpoolError {
  const minutes = Math.ceil(waitMs / 60_000);
  const hint = `Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, then try again.`;
  return new ClawpoolError('too_many_requests', message, hint, { retryAfterMs: waitMs });
}

/** A right password: its attempts were the person's own. What other accounts failed at from the same address stays counted. */
export async function forgiveSignIn(db: Drizzle, attempt: SignInAttempt): Promise<void> {
  const { account_at_address, account, address } = keysOf(attempt);
  await db.delete(rateLimits).where(inArray(rateLimits.key, [account_at_address, account]));
  await db
    .update(rateLimits)
    .set({ count: sql`greatest(${rateLimits.count} - 1, 0)` })
    .where(eq(rateLimits.key, address));
}

const keysOf = ({ email, address }: SignInAttempt) => ({
  account_at_address: `sign-in account ${email.toLowerCase()} address ${addressKey(address)}`,
  account: `sign-in account ${email.toLowerCase()}`,
  address: `sign-in address ${addressKey(address)}`,
});

/** One statement, so that it is exact whoever else counts. Returns how long to wait, 0 for not at all. */
async function count(db: Drizzle, key: string, limit: number, now: number): Promise<number> {
  const expired = sql`${rateLimits.windowStart} <= ${now - windowMs}`;
  const [row] = await db
    .insert(rateLimits)
    .values({ key, count: 1, windowStart: now })
    .onConflictDoUpdate({
      target: rateLimits.key,
      set: {
        count: sql`case when ${expired} then 1 else ${rateLimits.count} + 1 end`,
        windowStart: sql`case when ${expired} then ${now} else ${rateLimits.windowStart} end`,
      },
    })
    .returning();
  return row && row.count > limit ? row.windowStart + windowMs - now : 0;
}
