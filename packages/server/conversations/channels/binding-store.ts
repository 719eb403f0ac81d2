import type { ChannelBinding } from '@clawpool/contracts';
import { and, asc, eq, gt, lt, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { channelAccounts, channelBindings, employees, members, pairings } from '../../store/schema/index.ts';

export type BindingRow = typeof channelBindings.$inferSelect;

interface InAccount {
  organizationId: string;
  accountId: string;
}

/** Those that fit all that is given. */
export async function listBindings(
  db: Queryable,
  organizationId: string,
  of: { accountId?: string; employeeId?: string; platformUserId?: string },
): Promise<ChannelBinding[]> {
  const rows = await db
    .select({ binding: channelBindings, account: channelAccounts, employee: employees.name })
    .from(channelBindings)
    .innerJoin(
      channelAccounts,
      and(
        eq(channelAccounts.organizationId, channelBindings.organizationId),
        eq(channelAccounts.id, channelBindings.accountId),
      ),
    )
    .innerJoin(
      employees,
      and(eq(employees.organizationId, channelBindings.organizationId), eq(employees.id, channelBindings.employeeId)),
    )
    .where(
      and(
        eq(channelBindings.organizationId, organizationId),
        of.accountId === undefined ? undefined : eq(channelBindings.accountId, of.accountId),
        of.employeeId === undefined ? undefined : eq(channelBindings.employeeId, of.employeeId),
        of.platformUserId === undefined ? undefined : eq(channelBindings.platformUserId, of.platformUserId),
      ),
    )
    .orderBy(asc(channelBindings.pairedAt));
  return rows.map(({ binding, account, employee }) => ({
    accountId: binding.accountId,
    channel: account.channel,
    accountName: account.accountName,
    platformUserId: binding.platformUserId,
    displayName: binding.displayName,
    employee: { id: binding.employeeId, name: employee },
    preferred: binding.preferred,
    pairedAt: binding.pairedAt.toISOString(),
    lastSeenAt: binding.lastSeenAt?.toISOString() ?? null,
  }));
}

/** Who a platform's user is. Null: nobody, or somebody who is not in the organization any more. */
export async function findBoundPerson(
  db: Queryable,
  { organizationId, accountId }: InAccount,
  platformUserId: string,
): Promise<{ binding: BindingRow; employeeName: string; active: boolean } | null> {
  const [row] = await db
    .select({ binding: channelBindings, employeeName: employees.name, active: employees.active })
    .from(channelBindings)
    .innerJoin(
      employees,
      and(eq(employees.organizationId, channelBindings.organizationId), eq(employees.id, channelBindings.employeeId)),
    )
    .innerJoin(
      members,
      and(
        eq(members.organizationId, channelBindings.organizationId),
        eq(members.userId, channelBindings.userId),
        eq(members.employeeId, channelBindings.employeeId),
      ),
    )
    .where(
      and(
        eq(channelBindings.organizationId, organizationId),
        eq(channelBindings.accountId, accountId),
        eq(channelBindings.platformUserId, platformUserId),
      ),
    );
  return row ?? null;
}

export async function findBindingOfEmployee(
  db: Queryable,
  { organizationId, accountId }: InAccount,
  employeeId: string,
): Promise<BindingRow | null> {
  const [row] = await db
    .select()
    .from(channelBindings)
    .where(
      and(
        eq(channelBindings.organizationId, organizationId),
        eq(channelBindings.accountId, accountId),
        eq(channelBindings.employeeId, employeeId),
      ),
    );
  return row ?? null;
}

/** They have written, from this chat. False: they are not bound any more. */
export async function noteSeen(tx: Queryable, binding: BindingRow, chatId: string): Promise<boolean> {
  const { rowCount } = await tx
    .update(channelBindings)
    .set({ chatId, lastSeenAt: new Date() })
    .where(and(bindingKey(binding), eq(channelBindings.userId, binding.userId)));
  return rowCount === 1;
}

export async function deleteBinding(
  tx: Transaction,
  of: InAccount,
  platformUserId: string,
): Promise<BindingRow | null> {
  const [row] = await tx
    .delete(channelBindings)
    .where(bindingKey({ ...of, platformUserId }))
    .returning();
  return row ?? null;
}

/** The first channel somebody pairs is where their notifications go. */
export async function insertBinding(
  tx: Transaction,
  binding: Omit<BindingRow, 'preferred' | 'pairedAt' | 'lastSeenAt'>,
) {
  const { organizationId, employeeId } = binding;
  const others = await tx.$count(
    channelBindings,
    and(
      eq(channelBindings.organizationId, organizationId),
      eq(channelBindings.employeeId, employeeId),
      eq(channelBindings.preferred, true),
    ),
  );
  await tx.insert(channelBindings).values({ ...binding, preferred: others === 0, lastSeenAt: new Date() });
}

/** At most one channel of an employee is preferred. */
export async function setPreferred(
  tx: Transaction,
  { organizationId, accountId, employeeId }: InAccount & { employeeId: string },
  preferred: boolean,
): Promise<void> {
  const mine = and(eq(channelBindings.organizationId, organizationId), eq(channelBindings.employeeId, employeeId));
  if (preferred) await tx.update(channelBindings).set({ preferred: false }).where(mine);
  await tx
    .update(channelBindings)
    .set({ preferred })
    .where(and(mine, eq(channelBindings.accountId, accountId)));
}

export async function putPairing(tx: Transaction, pairing: typeof pairings.$inferInsert): Promise<void> {
  const { tokenHash, expiresAt, userId } = pairing;
  await tx
    .insert(pairings)
    .values(pairing)
    .onConflictDoUpdate({
      target: [pairings.organizationId, pairings.accountId, pairings.employeeId],
      set: { tokenHash, expiresAt, userId },
    });
}

/** An open pairing. Locks it, so that of two who use it one gets it. */
export async function findPairing(tx: Transaction, { organizationId, accountId }: InAccount, tokenHash: string) {
  const [row] = await tx
    .select()
    .from(pairings)
    .where(
      and(
        eq(pairings.organizationId, organizationId),
        eq(pairings.accountId, accountId),
        eq(pairings.tokenHash, tokenHash),
        gt(pairings.expiresAt, new Date()),
      ),
    )
    .for('update');
  return row ?? null;
}

export async function deletePairing(
  tx: Transaction,
  { organizationId, accountId }: InAccount,
  employeeId: string,
): Promise<boolean> {
  const { rowCount } = await tx
    .delete(pairings)
    .where(
      and(
        eq(pairings.organizationId, organizationId),
        eq(pairings.accountId, accountId),
        eq(pairings.employeeId, employeeId),
      ),
    );
  return rowCount === 1;
}

export async function deleteExpiredPairings(db: Queryable): Promise<void> {
  await db.delete(pairings).where(lt(pairings.expiresAt, sql`now()`));
}

const bindingKey = ({ organizationId, accountId, platformUserId }: InAccount & { platformUserId: string }) =>
  and(
    eq(channelBindings.organizationId, organizationId),
    eq(channelBindings.accountId, accountId),
    eq(channelBindings.platformUserId, platformUserId),
  );
