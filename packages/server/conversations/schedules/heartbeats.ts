import type { Host } from '@clawpool/contracts';
import { and, eq, gt, sql } from 'drizzle-orm';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { tenants, tiers } from '../../store/schema/index.ts';
import { acceptMessage, hasRoom } from '../accept.ts';
import { openConversation } from '../open-conversation.ts';
import { type HeartbeatFacts, heartbeatPrompt, isHeartbeatDue } from './heartbeat.ts';
import { findTenantOfSchedule } from './schedule-store.ts';

export interface Heartbeats {
  /** Begins nothing any more, and waits for what it began. */
  close(): Promise<void>;
}

export interface HeartbeatOptions {
  database: Database;
  hosts: ReadonlyMap<string, Pick<Host, 'heartbeatFile'>>;
  onError: (error: unknown) => void;
  now?: () => Date;
}

/** From the end of a round to the beginning of the next. */
const everyMs = 5_000;

/** Looks at HEARTBEAT.md of running tenants when it is time, and gives it to their agents. Never wakes one for it. */
export function startHeartbeats(options: HeartbeatOptions): Heartbeats {
  const now = options.now ?? (() => new Date());
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let round = beat();

  async function beat(): Promise<void> {
    await runHeartbeats(options, now()).catch(options.onError);
    if (closed) return;
    timer = setTimeout(() => {
      round = beat();
    }, everyMs);
  }

  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await round;
    },
  };
}

/** One round: every tenant whose heartbeat is due. A host that does not answer is asked again with the next round. */
export async function runHeartbeats(options: HeartbeatOptions, now: Date): Promise<void> {
  const { database, hosts, onError } = options;
  for (const tenant of await listAwaiting(database.db)) {
    const facts = { ...tenant, runningSince: tenant.stateSince };
    if (!isHeartbeatDue(facts, now)) continue;
    try {
      const file = (await hosts.get(tenant.hostId ?? '')?.heartbeatFile(tenant.id)) ?? null;
      await database.db.transaction((tx) => beginHeartbeat(tx, tenant, file, now));
    } catch (error) {
      onError(error);
    }
  }
}

interface AwaitingTenant extends Omit<HeartbeatFacts, 'runningSince'> {
  organizationId: string;
  id: string;
  hostId: string | null;
  stateSince: Date;
}

/** Running tenants with heartbeats, without those with a turn that waits or runs, or an operation under way. */
const listAwaiting = (db: Queryable): Promise<AwaitingTenant[]> =>
  db
    .select({
      organizationId: tenants.organizationId,
      id: tenants.id,
      hostId: tenants.hostId,
      stateSince: tenants.stateSince,
      lastActiveAt: tenants.lastActiveAt,
      alwaysOn: tiers.alwaysOn,
      heartbeatMinutes: tiers.heartbeatMinutes,
      heartbeatAt: tenants.heartbeatAt,
    })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .where(and(eq(tenants.state, 'running'), gt(tiers.heartbeatMinutes, 0), isFree, isNoAssistant, isNotSuspended));

/** Agents of suspended people answer nobody. */
const isNotSuspended = sql`not exists (select 1 from employees e
  where e.organization_id = ${tenants.organizationId} and e.id = ${tenants.employeeId} and not e.active)`;

/** The admin assistant answers admins only. */
const isNoAssistant = sql`not exists (select 1 from assistants a where a.tenant_id = ${tenants.id})`;

const isFree = sql`
  not exists (select 1 from turns t where t.organization_id = ${tenants.organizationId} and t.tenant_id = ${tenants.id}
    and t.finished_at is null)
  and not exists (select 1 from operations o where o.organization_id = ${tenants.organizationId} and o.tenant_id = ${tenants.id}
    and o.finished_at is null)`;

/** Whoever moves `heartbeat_at` on begins the turn: of several processes that looked, one does. While too much waits, nobody does. */
async function beginHeartbeat(tx: Transaction, tenant: AwaitingTenant, file: string | null, now: Date): Promise<void> {
  const { organizationId, id, heartbeatAt } = tenant;
  if (file !== null && !(await hasRoom(tx, organizationId, id))) return;
  const moved = await tx
    .update(tenants)
    .set({ heartbeatAt: now })
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        eq(tenants.id, id),
        eq(tenants.state, 'running'),
        // PostgreSQL keeps microseconds, which a Date has not.
        sql`date_trunc('milliseconds', ${tenants.heartbeatAt}) is not distinct from ${heartbeatAt?.toISOString() ?? null}::timestamptz`,
        isFree,
      ),
    )
    .returning({ id: tenants.id });
  if (moved.length === 0 || file === null) return;

  const owner = await findTenantOfSchedule(tx, organizationId, id);
  const { id: conversationId } = await openConversation(tx, {
    ...{ organizationId, tenantId: id, path: 'cron', callerKey: 'heartbeat', callerName: 'Heartbeat' },
    userId: owner?.userId ?? null,
  });
  // Null, where its session was ended this moment: the next one is in a new session.
  await acceptMessage(tx, {
    ...{ organizationId, conversationId, origin: 'heartbeat', verification: 'schedule' },
    ...{ channelMessageId: `heartbeat:${now.toISOString()}`, text: heartbeatPrompt(file), at: now },
  });
}
