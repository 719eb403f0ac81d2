import type { Role, SecondFactorOf } from '@clawpool/contracts';
import { and, asc, count, eq, gt, ilike, isNotNull, isNull, lte, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import {
  accounts,
  backupCodes,
  members,
  secondFactors,
  signInPolicies,
  trustedDevices,
  users,
} from '../../store/schema/index.ts';

export interface SecondFactorRow {
  userId: string;
  /** Sealed. */
  secret: string;
  confirmedAt: Date | null;
  lastStep: number;
}

export async function findSecondFactor(db: Queryable, userId: string): Promise<SecondFactorRow | null> {
  const [row] = await db.select().from(secondFactors).where(eq(secondFactors.userId, userId));
  return row ?? null;
}

/** Until the transaction ends nobody else takes a code of this person's. */
export async function lockSecondFactor(tx: Transaction, userId: string): Promise<SecondFactorRow | null> {
  const [row] = await tx.select().from(secondFactors).where(eq(secondFactors.userId, userId)).for('update');
  return row ?? null;
}

/** A secret that waits for its first code, instead of one that waits already. Changes nothing that counts: false then. */
export async function putUnconfirmed(tx: Transaction, userId: string, secret: string): Promise<boolean> {
  const put = await tx
    .insert(secondFactors)
    .values({ userId, secret })
    .onConflictDoUpdate({
      target: secondFactors.userId,
      set: { secret, lastStep: 0, createdAt: new Date() },
      setWhere: isNull(secondFactors.confirmedAt),
    })
    .returning({ userId: secondFactors.userId });
  return put.length > 0;
}

export async function confirm(tx: Transaction, userId: string, step: number): Promise<void> {
  await tx
    .update(secondFactors)
    .set({ confirmedAt: new Date(), lastStep: step })
    .where(eq(secondFactors.userId, userId));
}

export async function noteStep(tx: Transaction, userId: string, step: number): Promise<void> {
  await tx.update(secondFactors).set({ lastStep: step }).where(eq(secondFactors.userId, userId));
}

export async function replaceBackupCodes(tx: Transaction, userId: string, hashes: readonly string[]): Promise<void> {
  await tx.delete(backupCodes).where(eq(backupCodes.userId, userId));
  await tx.insert(backupCodes).values(hashes.map((hash) => ({ userId, hash })));
}

/** True once for each code. */
export async function takeBackupCode(tx: Transaction, userId: string, hash: string): Promise<boolean> {
  const taken = await tx
    .delete(backupCodes)
    .where(and(eq(backupCodes.userId, userId), eq(backupCodes.hash, hash)))
    .returning({ hash: backupCodes.hash });
  return taken.length > 0;
}

/** With its backup codes and trusted devices. False: there was none. */
export async function deleteSecondFactor(tx: Transaction, userId: string): Promise<boolean> {
  const gone = await tx
    .delete(secondFactors)
    .where(eq(secondFactors.userId, userId))
    .returning({ confirmedAt: secondFactors.confirmedAt });
  return gone.some(({ confirmedAt }) => confirmedAt !== null);
}

export async function insertTrustedDevice(
  tx: Transaction,
  device: { tokenHash: string; userId: string; expiresAt: Date },
): Promise<void> {
  await tx.delete(trustedDevices).where(lte(trustedDevices.expiresAt, sql`now()`));
  await tx.insert(trustedDevices).values(device);
}

export async function isTrusted(db: Queryable, userId: string, tokenHash: string): Promise<boolean> {
  const found = await db
    .select({ userId: trustedDevices.userId })
    .from(trustedDevices)
    .where(
      and(
        eq(trustedDevices.tokenHash, tokenHash),
        eq(trustedDevices.userId, userId),
        gt(trustedDevices.expiresAt, sql`now()`),
      ),
    );
  return found.length > 0;
}

export async function forgetTrustedDevices(tx: Transaction, userId: string): Promise<void> {
  await tx.delete(trustedDevices).where(eq(trustedDevices.userId, userId));
}

export async function countsOf(db: Queryable, userId: string): Promise<{ backupCodes: number; devices: number }> {
  const [codes] = await db.select({ n: count() }).from(backupCodes).where(eq(backupCodes.userId, userId));
  const [devices] = await db
    .select({ n: count() })
    .from(trustedDevices)
    .where(and(eq(trustedDevices.userId, userId), gt(trustedDevices.expiresAt, sql`now()`)));
  return { backupCodes: codes?.n ?? 0, devices: devices?.n ?? 0 };
}

export type PersonRow = Omit<SecondFactorOf, 'mayReset'> & { roles: Role[] };

export interface PeopleQuery {
  search?: string | undefined;
  only?: 'with' | 'missing' | undefined;
  limit: number;
  offset: number;
}

/**
 * Everybody of an organization who can sign in, by name; `missing` is of all of them, whatever is searched. Whoever neither has a password nor
 * a provider's account (the local operator) is nobody to ask a second factor of.
 */
export async function listPeople(
  db: Queryable,
  organizationId: string,
  { search, only, limit, offset }: PeopleQuery,
): Promise<{ people: PersonRow[]; total: number; missing: number }> {
  const enabled = isNotNull(secondFactors.confirmedAt);
  const privileged = sql`${members.roles} ?| array['operator', 'admin', 'auditor']`;
  const required = sql<boolean>`coalesce(${signInPolicies.secondFactor} = 'everybody'
    or (${signInPolicies.secondFactor} = 'admins' and ${privileged}), false)`;
  const signsIn = sql`exists (select 1 from ${accounts} where ${accounts.userId} = ${users.id})`;
  const missing = and(required, isNull(secondFactors.confirmedAt));
  const pattern = search && `%${search.replace(/[\\%_]/gu, '\\$&')}%`;
  const everybody = and(eq(members.organizationId, organizationId), signsIn);
  const columns = { userId: users.id, name: users.name, email: users.email, required, total: sql`count(*) over ()` };
  const rows = await db
    .select({ ...columns, roles: members.roles, enabledAt: secondFactors.confirmedAt })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .leftJoin(secondFactors, eq(secondFactors.userId, users.id))
    .leftJoin(signInPolicies, eq(signInPolicies.organizationId, members.organizationId))
    .where(
      and(
        everybody,
        pattern ? or(ilike(users.name, pattern), ilike(users.email, pattern)) : undefined,
        only === 'with' ? enabled : only === 'missing' ? missing : undefined,
      ),
    )
    .orderBy(asc(users.name), asc(users.id))
    .limit(limit)
    .offset(offset);
  const [without] = await db
    .select({ n: count() })
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .leftJoin(secondFactors, eq(secondFactors.userId, users.id))
    .leftJoin(signInPolicies, eq(signInPolicies.organizationId, members.organizationId))
    .where(and(everybody, missing));
  return {
    people: rows.map(({ total: _, enabledAt, roles, ...person }) => ({
      ...person,
      roles: roles as Role[],
      enabledAt: enabledAt?.toISOString() ?? null,
    })),
    total: Number(rows[0]?.total ?? 0),
    missing: without?.n ?? 0,
  };
}
