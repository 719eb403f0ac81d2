import type { DeadLetter, DeliveryFigures, Origin } from '@clawpool/contracts';
import { type SQL, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';

export type Direction = DeadLetter['direction'];

/** One view of the three tables: same columns, ids that tell where they are from. */
const dead = (organizationId: string): SQL => sql`
  select 'inbound:' || i.id as id, 'inbound' as direction, a.channel as origin,
    i.message #>> '{sender,displayName}' as party, left(i.message ->> 'text', 200) as preview,
    i.attempts, coalesce(i.error, '') as error, i.received_at as created_at, i.finished_at as failed_at
  from inbox i join channel_accounts a on a.organization_id = i.organization_id and a.id = i.account_id
  where i.organization_id = ${organizationId} and i.state = 'dead'
  union all
  select 'outbound:' || o.id, 'outbound', a.channel,
    coalesce((select b.display_name from channel_bindings b
      where b.organization_id = o.organization_id and b.account_id = o.account_id and b.chat_id = o.chat_id limit 1), o.chat_id),
    left(o.content ->> 'text', 200), o.attempts, coalesce(o.error, ''), o.created_at, o.finished_at
  from outbox o join channel_accounts a on a.organization_id = o.organization_id and a.id = o.account_id
  where o.organization_id = ${organizationId} and o.state = 'dead'
  union all
  select 'webhook:' || d.id, 'webhook', null, w.url, d.event, d.attempts, coalesce(d.error, ''), d.created_at, d.finished_at
  from webhook_deliveries d join webhooks w on w.organization_id = d.organization_id and w.id = d.webhook_id
  where d.organization_id = ${organizationId} and d.state = 'dead'`;

export async function listDead(
  db: Queryable,
  organizationId: string,
  query: { direction?: Direction | undefined; limit: number; offset: number },
): Promise<{ letters: DeadLetter[]; total: number }> {
  const of = query.direction === undefined ? sql`true` : sql`direction = ${query.direction}`;
  const { rows } = await db.execute<{
    id: string;
    direction: Direction;
    origin: Origin | null;
    party: string | null;
    preview: string | null;
    attempts: number;
    error: string;
    created_at: string;
    failed_at: string;
  }>(sql`
    select * from (${dead(organizationId)}) letters where ${of}
    order by failed_at desc, id limit ${query.limit} offset ${query.offset}`);
  const { rows: counted } = await db.execute<{ total: number }>(
    sql`select count(*)::int as total from (${dead(organizationId)}) letters where ${of}`,
  );
  const letters = rows.map(({ created_at, failed_at, party, preview, ...row }) => ({
    ...row,
    party: party ?? '',
    preview: preview ?? '',
    createdAt: new Date(created_at).toISOString(),
    failedAt: new Date(failed_at).toISOString(),
  }));
  return { letters, total: counted[0]?.total ?? 0 };
}

const tables: Readonly<Record<Direction, SQL>> = {
  inbound: sql`inbox`,
  outbound: sql`outbox`,
  webhook: sql`webhook_deliveries`,
};

/** Of `webhook_deliveries`: nobody has switched its endpoint off. */
const toEnabledEndpoint = sql`exists (
  select from webhooks w where w.organization_id = webhook_deliveries.organization_id and w.id = webhook_deliveries.webhook_id
    and w.enabled)`;

/**
 * From the beginning: with all its attempts, and at its old place in the order. Events for an endpoint that is switched off stay as they are.
 * Returns how many there were.
 */
export async function reviveDead(
  tx: Transaction,
  organizationId: string,
  direction: Direction,
  ids: readonly string[],
): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    update ${tables[direction]} set state = 'waiting', attempts = 0, retry_at = null, error = null, finished_at = null
      ${direction === 'webhook' ? sql`` : sql`, failures = 0, failing_since = null`}
    where organization_id = ${organizationId} and state = 'dead' and id = any(${sql.param([...ids])})
      ${direction === 'webhook' ? sql`and ${toEnabledEndpoint}` : sql``}`);
  return rowCount ?? 0;
}

/** How many of these are for endpoints that are switched off, and stay dead until they are not. */
export async function countSwitchedOff(
  db: Queryable,
  organizationId: string,
  webhookIds: readonly string[],
): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from webhook_deliveries
    where organization_id = ${organizationId} and state = 'dead' and id = any(${sql.param([...webhookIds])})
      and not ${toEnabledEndpoint}`);
  return rows[0]?.count ?? 0;
}

export async function discardDead(
  tx: Transaction,
  organizationId: string,
  direction: Direction,
  ids: readonly string[],
): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    update ${tables[direction]} set state = 'discarded', finished_at = now()
    where organization_id = ${organizationId} and state = 'dead' and id = any(${sql.param([...ids])})`);
  return rowCount ?? 0;
}

export async function countDeliveries(
  db: Queryable,
  organizationId: string,
): Promise<Omit<DeliveryFigures, 'turnsWaiting' | 'turnsRunning'>> {
  const { rows } = await db.execute<{
    inbox_waiting: number;
    outbox_waiting: number;
    webhooks_waiting: number;
    dead: number;
    oldest: number;
  }>(sql`
    with states as (
      select 'inbox' as queue, state, received_at as since from inbox
        where organization_id = ${organizationId} and state in ('waiting', 'dead')
      union all
      select 'outbox', state, created_at from outbox
        where organization_id = ${organizationId} and state in ('waiting', 'dead')
      union all
      select 'webhooks', state, created_at from webhook_deliveries
        where organization_id = ${organizationId} and state in ('waiting', 'dead')
    )
    select count(*) filter (where queue = 'inbox' and state = 'waiting')::int as inbox_waiting,
      count(*) filter (where queue = 'outbox' and state = 'waiting')::int as outbox_waiting,
      count(*) filter (where queue = 'webhooks' and state = 'waiting')::int as webhooks_waiting,
      count(*) filter (where state = 'dead')::int as dead,
      coalesce(extract(epoch from now() - min(since) filter (where state = 'waiting')), 0)::float8 as oldest
    from states`);
  const [row] = rows;
  return {
    inboxWaiting: row?.inbox_waiting ?? 0,
    outboxWaiting: row?.outbox_waiting ?? 0,
    webhooksWaiting: row?.webhooks_waiting ?? 0,
    dead: row?.dead ?? 0,
    oldestWaitingSeconds: Math.max(0, row?.oldest ?? 0),
  };
}
