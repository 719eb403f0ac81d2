import type { Webhook, WebhookDelivery } from '@clawpool/contracts';
import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { ownerIsGone } from '../store/ownership.ts';
import { webhookDeliveries, webhooks } from '../store/schema/index.ts';

export type WebhookRow = typeof webhooks.$inferSelect;
export type DeliveryRow = typeof webhookDeliveries.$inferSelect;

export async function listWebhooks(db: Queryable, organizationId: string): Promise<Webhook[]> {
  return showWebhooks(db, organizationId);
}

export async function findWebhook(db: Queryable, organizationId: string, id: string): Promise<Webhook | null> {
  return (await showWebhooks(db, organizationId, id))[0] ?? null;
}

async function showWebhooks(db: Queryable, organizationId: string, id?: string): Promise<Webhook[]> {
  const d = webhookDeliveries;
  const rows = await db
    .select({
      id: webhooks.id,
      url: webhooks.url,
      events: webhooks.events,
      enabled: webhooks.enabled,
      createdAt: webhooks.createdAt,
      waiting: sql<number>`(count(*) filter (where ${d.state} = 'waiting'))::int`,
      dead: sql<number>`(count(*) filter (where ${d.state} = 'dead'))::int`,
      lastDeliveredAt: sql<Date | null>`max(${d.finishedAt}) filter (where ${d.state} = 'delivered')`.mapWith(
        d.finishedAt,
      ),
    })
    .from(webhooks)
    .leftJoin(d, and(eq(d.organizationId, webhooks.organizationId), eq(d.webhookId, webhooks.id)))
    .where(and(eq(webhooks.organizationId, organizationId), id === undefined ? undefined : eq(webhooks.id, id)))
    .groupBy(webhooks.organizationId, webhooks.id)
    .orderBy(webhooks.createdAt);
  return rows.map(({ createdAt, lastDeliveredAt, ...row }) => ({
    ...row,
    createdAt: createdAt.toISOString(),
    lastDeliveredAt: lastDeliveredAt?.toISOString() ?? null,
  }));
}

/** No delivery to it is begun, and none is added, before the transaction is over. */
export async function lockWebhook(tx: Transaction, organizationId: string, id: string): Promise<WebhookRow | null> {
  const [row] = await tx.select().from(webhooks).where(ofWebhook(organizationId, id)).for('update');
  return row ?? null;
}

export async function insertWebhook(tx: Transaction, row: typeof webhooks.$inferInsert): Promise<void> {
  await tx.insert(webhooks).values(row);
}

export async function updateWebhook(
  tx: Transaction,
  { organizationId, id }: { organizationId: string; id: string },
  change: Partial<Pick<WebhookRow, 'url' | 'events' | 'enabled'>>,
): Promise<void> {
  await tx.update(webhooks).set(change).where(ofWebhook(organizationId, id));
}

/** With its deliveries. */
export async function deleteWebhook(tx: Transaction, organizationId: string, id: string): Promise<void> {
  await tx.delete(webhooks).where(ofWebhook(organizationId, id));
}

/** What waits for an endpoint that was switched off will not be sent; whoever is sending one has lost it. */
export async function discardWaiting(tx: Transaction, organizationId: string, webhookId: string): Promise<void> {
  await tx
    .update(webhookDeliveries)
    .set({
      ...{ state: 'discarded', retryAt: null, leaseOwner: null, leaseExpiresAt: null },
      finishedAt: sql`now()`,
      fence: sql`${webhookDeliveries.fence} + 1`,
    })
    .where(and(ofDeliveriesTo(organizationId, webhookId), eq(webhookDeliveries.state, 'waiting')));
}

export async function insertDelivery(
  tx: Transaction,
  row: typeof webhookDeliveries.$inferInsert,
): Promise<WebhookDelivery> {
  const [made] = await tx.insert(webhookDeliveries).values(row).returning();
  if (!made) throw new Error('insert returned nothing');
  return toDelivery(made);
}

/** The latest 100, newest first. */
export async function listDeliveries(
  db: Queryable,
  organizationId: string,
  webhookId: string,
): Promise<WebhookDelivery[]> {
  const rows = await db
    .select()
    .from(webhookDeliveries)
    .where(ofDeliveriesTo(organizationId, webhookId))
    .orderBy(desc(webhookDeliveries.arrival))
    .limit(100);
  return rows.map(toDelivery);
}

/** Makes it wait for an attempt now, as if it were new; one that is being sent is left alone. Null: there is none. */
export async function replayDelivery(
  tx: Transaction,
  of: { organizationId: string; webhookId: string; id: string },
): Promise<WebhookDelivery | null> {
  const key = and(ofDeliveriesTo(of.organizationId, of.webhookId), eq(webhookDeliveries.id, of.id));
  const [row] = await tx
    .update(webhookDeliveries)
    .set({
      ...{ state: 'waiting', attempts: 0, retryAt: null, finishedAt: null },
    })
    .where(key)
    .returning();
  return row ? toDelivery(row) : null;
}

/** An event that this process sends now, and where to. */
export interface ClaimedDelivery {
  organizationId: string;
  id: string;
  webhookId: string;
  url: string;
  sealedSecret: string;
  payload: unknown;
  attempts: number;
  /** The fencing number of this claim. */
  fence: number;
}

/** The oldest event that is due, for an endpoint that is not among `busy`. What waits for one that is switched off waits. */
export async function claimNextDelivery(
  db: Queryable,
  owner: string,
  { leaseMs, busy }: { leaseMs: number; busy: readonly string[] },
): Promise<ClaimedDelivery | null> {
  const { rows } = await db.execute<{
    organization_id: string;
    id: string;
    webhook_id: string;
    url: string;
    sealed_secret: string;
    payload: unknown;
    attempts: number;
    fence: number;
  }>(sql`
    with next as (
      select organization_id, id from webhook_deliveries
      where state = 'waiting'
        and (lease_expires_at is null or lease_expires_at < now())
        and (retry_at is null or retry_at <= now())
        and not (webhook_id = any(${sql.param([...busy])}::text[]))
        and exists (select from webhooks w
          where w.organization_id = webhook_deliveries.organization_id and w.id = webhook_deliveries.webhook_id and w.enabled)
      order by arrival limit 1
      for update skip locked
    ), claimed as (
      update webhook_deliveries d
      set lease_owner = ${owner}, lease_expires_at = now() + ${leaseMs} * interval '1 millisecond', fence = d.fence + 1
      from next where d.organization_id = next.organization_id and d.id = next.id
      returning d.*
    )
    select c.organization_id, c.id, c.webhook_id, w.url, w.sealed_secret, c.payload, c.attempts, c.fence
    from claimed c join webhooks w on w.organization_id = c.organization_id and w.id = c.webhook_id`);
  const [row] = rows;
  return row
    ? {
        organizationId: row.organization_id,
        id: row.id,
        webhookId: row.webhook_id,
        url: row.url,
        sealedSecret: row.sealed_secret,
        payload: row.payload,
        attempts: row.attempts,
        fence: row.fence,
      }
    : null;
}

/** What came of an attempt. False: it is not the caller's any more, and nothing was written. */
export async function settleDelivery(
  tx: Transaction,
  { organizationId, id, fence, attempts }: ClaimedDelivery,
  outcome: { state: 'delivered' | 'dead' | 'waiting'; status: number | null; error: string | null; retryInMs: number },
): Promise<boolean> {
  const { state, status, error } = outcome;
  const rows = await tx
    .update(webhookDeliveries)
    .set({
      ...{ state, status, error, attempts: attempts + 1, leaseOwner: null, leaseExpiresAt: null },
      retryAt: state === 'waiting' ? sql`now() + ${outcome.retryInMs} * interval '1 millisecond'` : null,
      finishedAt: state === 'waiting' ? null : sql`now()`,
    })
    .where(
      and(
        eq(webhookDeliveries.organizationId, organizationId),
        eq(webhookDeliveries.id, id),
        eq(webhookDeliveries.fence, fence),
        eq(webhookDeliveries.state, 'waiting'),
      ),
    )
    .returning({ id: webhookDeliveries.id });
  return rows.length === 1;
}

/** When the next event is due that waits for a time; null: none does. */
export async function nextDeliveryAt(db: Queryable): Promise<Date | null> {
  const [row] = await db
    .select({ at: sql<Date | null>`min(${webhookDeliveries.retryAt})`.mapWith(webhookDeliveries.retryAt) })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.state, 'waiting'),
        sql`${webhookDeliveries.leaseOwner} is null`,
        sql`${webhookDeliveries.retryAt} > now() - interval '1 second'`,
      ),
    );
  return row?.at ?? null;
}

/** Frees the leases of owners that are gone; `self` is never one of them. */
export async function releaseDeliveriesOfTheDead(db: Queryable, self: string): Promise<void> {
  await db.execute(sql`
    update webhook_deliveries set lease_owner = null, lease_expires_at = null
    where state = 'waiting' and ${ownerIsGone(sql`lease_owner`, self)}`);
}

/** What was delivered or discarded so long ago that nobody looks it up; dead ones stay until somebody does something about them. */
export async function deleteOldDeliveries(db: Queryable, days: number): Promise<void> {
  await db
    .delete(webhookDeliveries)
    .where(
      and(
        inArray(webhookDeliveries.state, ['delivered', 'discarded']),
        sql`${webhookDeliveries.finishedAt} < now() - ${days} * interval '1 day'`,
      ),
    );
}

const ofWebhook = (organizationId: string, id: string) =>
  and(eq(webhooks.organizationId, organizationId), eq(webhooks.id, id));

const ofDeliveriesTo = (organizationId: string, webhookId: string) =>
  and(eq(webhookDeliveries.organizationId, organizationId), eq(webhookDeliveries.webhookId, webhookId));

const toDelivery = (row: DeliveryRow): WebhookDelivery => ({
  id: row.id,
  webhookId: row.webhookId,
  event: row.event,
  state: row.state,
  attempts: row.attempts,
  status: row.status,
  error: row.error,
  payload: row.payload,
  createdAt: row.createdAt.toISOString(),
  retryAt: row.retryAt?.toISOString() ?? null,
  deliveredAt: row.state === 'delivered' ? (row.finishedAt?.toISOString() ?? null) : null,
});
