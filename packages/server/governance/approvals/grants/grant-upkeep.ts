import { managerHours } from '@clawpool/contracts';
import { type SQL, sql } from 'drizzle-orm';
import { recordAudit } from '../../../audit/audit-store.ts';
import { startRounds } from '../../../pool/upkeep/rounds.ts';
import type { Database, Queryable } from '../../../store/database.ts';
import { requestDetail, requestTarget } from '../requests/access-request-service.ts';
import { changeRequest, lockRequest } from '../requests/access-request-store.ts';
import { findAdminsFor } from '../requests/approver-store.ts';
import { tellApprovers, tellAsker, thing } from '../tell-people.ts';
import { endAccessOfAgents } from './end-access.ts';
import { clock, endWithNews } from './end-grant.ts';
import { findGrant } from './grant-store.ts';

export interface GrantUpkeepOptions {
  database: Database;
  now?: () => Date;
  onError: (error: unknown) => void;
}

/** Looked at this often at least; sooner when a grant ends sooner. */
const longestPauseMs = 15_000;
const shortestPauseMs = 250;

/** Ends grants and requests on time, and asks the admins where a manager does not answer. Any number of processes may do so at once. */
export function startGrantUpkeep(options: GrantUpkeepOptions): { close(): Promise<void> } {
  return startRounds(() => keepGrants(options), options.onError);
}

/** One round. Resolves with the milliseconds to the next one. */
export async function keepGrants({
  database: { db },
  now = () => new Date(),
}: Omit<GrantUpkeepOptions, 'onError'>): Promise<number> {
  const at = now();
  const time = sql`${at.toISOString()}::timestamptz`;
  // One that a turn uses holds to that turn's end, which ends it; here only when that was missed.
  const over = sql`ended_at is null and ${isGone('g')} is false and case when used_by_turn is null then expires_at <= ${time}
    else not exists (select from turns t where t.organization_id = g.organization_id and t.id = g.used_by_turn and t.finished_at is null) end`;
  for (const { organization_id, id } of await idsOf(db, sql`select organization_id, id from grants g where ${over}`)) {
    await db.transaction(async (tx) => {
      const found = await findGrant(tx, organization_id, id);
      if (!found) return;
      const because = found.grant.usedByTurn === null ? 'expired' : 'used';
      await endWithNews(tx, found.grant, { at, because, by: null, actor: clock });
    });
  }

  // Whatever was decided while its agent was being deleted.
  const left = sql`select organization_id, tenant_id as id from grants g where ended_at is null and ${isGone('g')}
    union select organization_id, tenant_id from access_requests a where state = 'pending' and ${isGone('a')}`;
  for (const { organization_id, id } of await idsOf(db, sql`select * from (${left}) gone`)) {
    await db.transaction((tx) => endAccessOfAgents(tx, organization_id, clock, [id], at));
  }

  const pending = sql`select organization_id, id from access_requests where state = 'pending'`;
  for (const { organization_id, id } of await idsOf(db, sql`${pending} and expires_at <= ${time}`)) {
    await db.transaction(async (tx) => {
      const request = await lockRequest(tx, organization_id, id);
      if (request?.state !== 'pending') return;
      await changeRequest(tx, request, { state: 'expired', decidedAt: at });
      await recordAudit(tx, organization_id, {
        ...{ actor: clock, action: 'request.expired', target: requestTarget(request) },
        ...{ outcome: 'allowed', detail: requestDetail(request) },
      });
      const title = `Nobody has decided about ${thing(request)}`;
      await tellAsker(tx, request, { what: 'expired', title, text: 'The request has ended. You can make it again.' });
    });
  }

  const unanswered = sql`${pending} and admins_asked_at is null and created_at <= ${time} - ${managerHours} * interval '1 hour'`;
  for (const { organization_id, id } of await idsOf(db, unanswered)) {
    await db.transaction(async (tx) => {
      const request = await lockRequest(tx, organization_id, id);
      if (request?.state !== 'pending' || request.adminsAskedAt !== null) return;
      await changeRequest(tx, request, { adminsAskedAt: at });
      await tellApprovers(tx, request, await findAdminsFor(tx, organization_id, request), 'unanswered');
    });
  }
  return pauseUntilNext(db, at);
}

async function pauseUntilNext(db: Queryable, at: Date): Promise<number> {
  const { rows } = await db.execute<{ ms: number | null }>(sql`
    select extract(epoch from min(expires_at) - ${at.toISOString()}::timestamptz)::float8 * 1000 as ms
    from grants where ended_at is null and used_by_turn is null`);
  return Math.min(longestPauseMs, Math.max(shortestPauseMs, Math.ceil(rows[0]?.ms ?? longestPauseMs)));
}

const isGone = (of: 'g' | 'a'): SQL =>
  sql.raw(
    `exists (select from tenants t where t.organization_id = ${of}.organization_id and t.id = ${of}.tenant_id and t.state = 'deleted')`,
  );

async function idsOf(db: Queryable, query: SQL): Promise<{ organization_id: string; id: string }[]> {
  return (await db.execute<{ organization_id: string; id: string }>(sql`${query} limit 500`)).rows;
}
