import type { TwinPage } from '@clawpool/contracts';
import { and, desc, eq, gt, isNull, ne, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { conversations, employees, organizations, positions, tenants, turns, twins } from '../store/schema/index.ts';

export type TwinRow = typeof twins.$inferSelect;

/** A person's twin and whether its tenant is still there. */
export async function findTwin(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<(TwinRow & { tenantIsThere: boolean }) | null> {
  const [row] = await db
    .select({ twin: twins, state: tenants.state, expiresAt: tenants.expiresAt })
    .from(twins)
    .innerJoin(tenants, sameTenant)
    .where(and(eq(twins.organizationId, organizationId), eq(twins.employeeId, employeeId)));
  return row ? { ...row.twin, tenantIsThere: row.state !== 'deleted' && row.state !== 'deleting' } : null;
}

/** One switching of a person's twin at a time. */
export async function lockTwin(tx: Transaction, organizationId: string, employeeId: string): Promise<void> {
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['twin', organizationId, employeeId])}, 2))`,
  );
}

export async function saveTwin(tx: Transaction, row: typeof twins.$inferInsert): Promise<void> {
  const { organizationId: _, employeeId: __, createdAt: ___, ...set } = row;
  await tx
    .insert(twins)
    .values(row)
    .onConflictDoUpdate({ target: [twins.organizationId, twins.employeeId], set });
}

/** The link ends at once. False: it was off. */
export async function switchOff(tx: Transaction, organizationId: string, employeeId: string): Promise<boolean> {
  const rows = await tx
    .update(twins)
    .set({ active: false, token: null })
    .where(and(eq(twins.organizationId, organizationId), eq(twins.employeeId, employeeId), eq(twins.active, true)))
    .returning({ tenantId: twins.tenantId });
  return rows.length === 1;
}

/** When the twin's tenant, and the copy in it, is deleted by the pool's upkeep; null: not by itself. */
export async function setTenantExpiry(
  tx: Transaction,
  { organizationId, tenantId }: { organizationId: string; tenantId: string },
  expiresAt: Date | null,
): Promise<void> {
  await tx
    .update(tenants)
    .set({ expiresAt, onExpiry: 'delete' })
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  await notify(tx, 'tenant_changed', { organizationId, tenantId });
}

/** Whatever visitors wait for; their tenant is about to be gone, and no twin's any more. */
export async function stopTurnsOfTenant(
  tx: Transaction,
  { organizationId, tenantId }: { organizationId: string; tenantId: string },
): Promise<void> {
  const stopped = await tx
    .update(turns)
    .set({ stopRequestedAt: sql`now()` })
    .where(and(eq(turns.organizationId, organizationId), eq(turns.tenantId, tenantId), isNull(turns.finishedAt)))
    .returning({ id: turns.id });
  for (const { id } of stopped) await notify(tx, 'turn_stop_requested', { turnId: id });
}

/** A twin that its link leads to. */
export type OpenTwin = Pick<TwinRow, 'organizationId' | 'employeeId' | 'tenantId' | 'greeting'> & TwinPage;

/** Null: there is no such link, or not any more. */
export async function findOpenTwin(db: Queryable, token: string): Promise<OpenTwin | null> {
  const [row] = await db
    .select({
      organizationId: twins.organizationId,
      employeeId: twins.employeeId,
      tenantId: twins.tenantId,
      greeting: twins.greeting,
      name: employees.name,
      position: sql<string>`coalesce(${positions.name}, '')`,
      company: organizations.name,
    })
    .from(twins)
    .innerJoin(tenants, sameTenant)
    .innerJoin(organizations, eq(organizations.id, twins.organizationId))
    .innerJoin(employees, and(eq(employees.organizationId, twins.organizationId), eq(employees.id, twins.employeeId)))
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .where(isOpen(token));
  return row ?? null;
}

const sameTenant = and(eq(tenants.organizationId, twins.organizationId), eq(tenants.id, twins.tenantId));

const isOpen = (token: string) =>
  and(
    eq(twins.token, token),
    eq(twins.active, true),
    or(isNull(twins.expiresAt), gt(twins.expiresAt, sql`now()`)),
    ne(tenants.state, 'deleted'),
    sql`not exists (select from employees e
      where e.organization_id = ${twins.organizationId} and e.id = ${twins.employeeId} and not e.active)`,
  );

export async function countUse(
  tx: Queryable,
  { organizationId, employeeId }: Pick<TwinRow, 'organizationId' | 'employeeId'>,
  what: 'views' | 'messages',
): Promise<void> {
  await tx
    .update(twins)
    .set({ [what]: sql`${twins[what]} + 1` })
    .where(and(eq(twins.organizationId, organizationId), eq(twins.employeeId, employeeId)));
}

/** What a visitor's stream looks at again and again: whether the link still leads here, and the visitor's newest conversation. */
export async function lookAgain(
  db: Queryable,
  token: string,
  callerKey: string,
): Promise<{ conversationId: string | null } | null> {
  const [row] = await db
    .select({ conversationId: conversations.id })
    .from(twins)
    .innerJoin(tenants, sameTenant)
    .leftJoin(
      conversations,
      and(
        eq(conversations.organizationId, twins.organizationId),
        eq(conversations.tenantId, twins.tenantId),
        eq(conversations.path, 'twin'),
        eq(conversations.callerKey, callerKey),
      ),
    )
    .where(isOpen(token))
    .orderBy(desc(conversations.createdAt))
    .limit(1);
  return row ?? null;
}
