import { ClawpoolError } from '@clawpool/contracts';
import { lt, sql } from 'drizzle-orm';
import ipaddr from 'ipaddr.js';
import type { Drizzle } from '../store/database.ts';
import { rateLimits } from '../store/schema/index.ts';

export interface RequestLimit {
  /** What is counted: `api key 7f…`. */
  key: string;
  perMinute: number;
  /** What the person reads when there is no room: `This key has made too many requests.` */
  message: string;
}

const windowMs = 60_000;

/**
 * Counts one request in a window of a minute, in the database, so that any number of processes count together. One statement, so that
 * it is exact whoever else counts.
 *
 * Error: `too_many_requests` with the time after which the next request has room again.
 */
export async function countRequest(db: Drizzle, limit: RequestLimit, now = Date.now()): Promise<void> {
  const { key, perMinute, message } = limit;
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
  if (!row) return;
  // With each new window, so that strangers' addresses do not stay. Ten minutes: the longest window anybody counts in.
  if (row.count === 1) await db.delete(rateLimits).where(lt(rateLimits.windowStart, now - 10 * windowMs));
  if (row.count <= perMinute) return;
  const retryAfterMs = Math.max(1_000, row.windowStart + windowMs - now);
  const seconds = Math.ceil(retryAfterMs / 1_000);
  const hint = `Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, then try again.`;
  throw new ClawpoolError('too_many_requests', message, hint, { retryAfterMs });
}

/** What an address counts as: of IPv6 its network of 64 bits, since whoever has one address of it has all of them. */
export function addressKey(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const [a = 0, b = 0, c = 0, d = 0] = (parsed as ipaddr.IPv6).parts;
  return [a, b, c, d].map((part) => part.toString(16)).join(':');
}
