import { and, eq, sql } from 'drizzle-orm';
import { tenantsWithScheduleDueWithin } from '../../conversations/schedules/due.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { tenants, tiers } from '../../store/schema/index.ts';
import { effectiveValues } from '../templates/template.ts';
import type { TenantPool } from '../tenant-service.ts';
import { selectTenants } from '../tenant-store.ts';
import { requestQuietly } from './request.ts';
import { timetableEvents } from './timetable.ts';

export interface IdleFacts {
  /** Since its last turn, or since it runs. */
  idleMs: number;
  /** Of its template, else its tier. */
  idleMinutes: number;
  /** A turn runs, or waits for its turn. */
  hasTurn: boolean;
  /** Somebody has one of its conversations open. */
  isWatched: boolean;
  /** Of one core, over the last minute or so; null: not measured yet. */
  cpuPercent: number | null;
  /** Until its timetable starts it; null: it does not. */
  startsInMs: number | null;
  /** One of its schedules is due soon, and would wake it. */
  hasScheduleSoon: boolean;
}

/** A quiet gateway uses about 1 % of a core. */
const workingPercent = 5;
/** An open page may be one that somebody left behind. */
const watchedFactor = 8;
/** What is about to be started is not ended first. */
const startSoonMs = 2 * 60_000;
const scheduleSoonMinutes = 5;

/** Is nobody served by this runtime any more? */
export function isIdle(facts: IdleFacts): boolean {
  if (facts.hasTurn || facts.hasScheduleSoon) return false;
  if (facts.cpuPercent !== null && facts.cpuPercent > workingPercent) return false;
  if (facts.startsInMs !== null && facts.startsInMs <= startSoonMs) return false;
  return facts.idleMs >= facts.idleMinutes * 60_000 * (facts.isWatched ? watchedFactor : 1);
}

export interface IdleOptions {
  database: Database;
  pool: Pick<TenantPool, 'busyTenants' | 'operations'>;
  /** Ids of the conversations that somebody has open. */
  watchedConversations: () => readonly string[];
  cpuPercentOf: (tenantId: string) => number | null;
  onError: (error: unknown) => void;
}

/** Asks for the hibernation of every tenant that is idle. A turn that begins meanwhile wins: the operation looks again. */
export async function hibernateIdle(options: IdleOptions, now: Date): Promise<void> {
  const { database, pool, onError } = options;
  const running = await listRunning(database.db);
  if (running.length === 0) return;
  const withTurn = await listTenantsWithTurn(database.db);
  const watched = await listTenantsOf(database.db, options.watchedConversations());
  const withSchedule = await tenantsWithScheduleDueWithin(database.db, scheduleSoonMinutes, now);
  for (const tenant of running) {
    const next = tenant.timetable && timetableEvents(tenant.timetable, now).next;
    const facts: IdleFacts = {
      idleMs: now.getTime() - Math.max(tenant.stateSince.getTime(), tenant.lastActiveAt?.getTime() ?? 0),
      idleMinutes: effectiveValues(tenant).idleMinutes,
      hasTurn: withTurn.has(tenant.id) || pool.busyTenants().has(tenant.id),
      isWatched: watched.has(tenant.id),
      cpuPercent: options.cpuPercentOf(tenant.id),
      startsInMs: next?.does === 'start' ? next.at.getTime() - now.getTime() : null,
      hasScheduleSoon: withSchedule.has(tenant.id),
    };
    if (isIdle(facts)) await requestQuietly(pool.operations, tenant, { kind: 'hibernate' }, 'idle', onError);
  }
}

const listRunning = (db: Queryable) =>
  selectTenants(db).where(
    and(
      eq(tenants.state, 'running'),
      eq(tiers.alwaysOn, false),
      sql`not exists (select 1 from operations o where o.organization_id = ${tenants.organizationId}
        and o.tenant_id = ${tenants.id} and o.finished_at is null)`,
    ),
  );

async function listTenantsWithTurn(db: Queryable): Promise<Set<string>> {
  const { rows } = await db.execute<{ tenant_id: string }>(
    sql`select distinct tenant_id from turns where finished_at is null`,
  );
  return new Set(rows.map((row) => row.tenant_id));
}

async function listTenantsOf(db: Queryable, conversationIds: readonly string[]): Promise<Set<string>> {
  if (conversationIds.length === 0) return new Set();
  const { rows } = await db.execute<{ tenant_id: string }>(sql`
    select distinct c.tenant_id from organizations o
    join conversations c on c.organization_id = o.id
    where c.id in (${sql.join(
      conversationIds.map((id) => sql`${id}`),
      sql`, `,
    )})`);
  return new Set(rows.map((row) => row.tenant_id));
}
