import { and, eq, notExists, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { accounts, employees, members, users } from '../../store/schema/index.ts';
import type { ClaimedPerson } from './claims.ts';

export interface MemberRow {
  userId: string;
  name: string;
  roles: string[];
  /** False: suspended. */
  active: boolean;
}

type Subject = Pick<ClaimedPerson, 'issuer' | 'subject'>;

/** The user whom an issuer means by this subject, in whatever organization. */
export async function findLinked(db: Queryable, { issuer, subject }: Subject): Promise<string | null> {
  const [row] = await db
    .select({ userId: accounts.userId })
    .from(accounts)
    .where(and(eq(accounts.issuer, issuer), eq(accounts.accountId, subject)));
  return row?.userId ?? null;
}

export async function hasLinkOf(db: Queryable, userId: string, issuer: string): Promise<boolean> {
  const found = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(eq(accounts.userId, userId), eq(accounts.issuer, issuer)));
  return found.length > 0;
}

export async function insertLink(tx: Transaction, account: typeof accounts.$inferInsert): Promise<void> {
  await tx.insert(accounts).values(account);
}

/** Of a user who is a member nowhere any more. False: there is no such link of this provider's. */
export async function deleteLink(tx: Transaction, { issuer, subject }: Subject, providerId: string): Promise<boolean> {
  const deleted = await tx
    .delete(accounts)
    .where(
      and(
        eq(accounts.issuer, issuer),
        eq(accounts.accountId, subject),
        eq(accounts.providerId, providerId),
        notExists(tx.select({ userId: members.userId }).from(members).where(eq(members.userId, accounts.userId))),
      ),
    )
    .returning({ id: accounts.id });
  return deleted.length > 0;
}

const memberColumns = {
  userId: users.id,
  name: users.name,
  roles: members.roles,
  active: sql<boolean>`coalesce(${employees.active}, true)`,
};

export async function findMember(db: Queryable, organizationId: string, userId: string): Promise<MemberRow | null> {
  const [row] = await db
    .select(memberColumns)
    .from(members)
    .innerJoin(users, eq(users.id, members.userId))
    .leftJoin(
      employees,
      and(eq(employees.organizationId, members.organizationId), eq(employees.id, members.employeeId)),
    )
    .where(and(eq(members.organizationId, organizationId), eq(members.userId, userId)));
  return row ?? null;
}

/** `email` in lower case. Locked until the transaction ends: two subjects at once are not both linked to one person. */
export async function findMemberByEmail(
  tx: Transaction,
  organizationId: string,
  email: string,
): Promise<MemberRow | null> {
  const [user] = await tx.select({ id: users.id }).from(users).where(eq(users.email, email)).for('update');
  return user ? findMember(tx, organizationId, user.id) : null;
}
