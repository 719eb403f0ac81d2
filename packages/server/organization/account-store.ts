import { and, eq, ne } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { accounts, sessions, users } from '../store/schema/index.ts';

/** better-auth's name for accounts that are an e-mail and a password, and the issuer it gives them. */
const credential = { providerId: 'credential', issuer: 'local:credential' };

export interface NewUser {
  id: string;
  name: string;
  /** Lower case. */
  email: string;
  /** Null: no password leads to this user. */
  passwordHash: string | null;
  mustChangePassword: boolean;
}

export async function insertUsers(tx: Transaction, people: readonly NewUser[]): Promise<void> {
  if (people.length === 0) return;
  await tx.insert(users).values(people.map(({ passwordHash: _, ...user }) => ({ ...user, emailVerified: true })));
  const withPassword = people.flatMap(({ id, passwordHash }) =>
    passwordHash === null ? [] : [passwordAccount(id, passwordHash)],
  );
  if (withPassword.length > 0) await tx.insert(accounts).values(withPassword);
}

/** A password that is changed at the next sign-in, whether there was one before or not. */
export async function setFirstPassword(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
  await tx
    .insert(accounts)
    .values(passwordAccount(userId, passwordHash))
    .onConflictDoUpdate({
      target: [accounts.issuer, accounts.accountId],
      set: { password: passwordHash, updatedAt: new Date() },
    });
  await tx.update(users).set({ mustChangePassword: true, updatedAt: new Date() }).where(eq(users.id, userId));
}

/** Of a user who has none. */
export async function insertPassword(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
  await tx.insert(accounts).values(passwordAccount(userId, passwordHash));
}

const passwordAccount = (userId: string, password: string) => ({
  id: `password-${userId}`,
  ...credential,
  accountId: userId,
  userId,
  password,
});

/** Locked until the transaction ends: of two changes at once the second sees the first one's password. */
export async function lockPassword(tx: Transaction, userId: string): Promise<string | null> {
  const [row] = await tx
    .select({ password: accounts.password })
    .from(accounts)
    .where(and(eq(accounts.userId, userId), eq(accounts.providerId, credential.providerId)))
    .for('update');
  return row?.password ?? null;
}

export async function setOwnPassword(tx: Transaction, userId: string, passwordHash: string): Promise<void> {
  await tx
    .update(accounts)
    .set({ password: passwordHash, updatedAt: new Date() })
    .where(and(eq(accounts.userId, userId), eq(accounts.providerId, credential.providerId)));
  await tx.update(users).set({ mustChangePassword: false, updatedAt: new Date() }).where(eq(users.id, userId));
}

export async function endOtherSessions(tx: Transaction, userId: string, sessionId: string): Promise<number> {
  const ended = await tx
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), ne(sessions.id, sessionId)))
    .returning({ id: sessions.id });
  return ended.length;
}

/** Null: no password leads to this user. */
export async function findPasswordHash(db: Queryable, userId: string): Promise<string | null> {
  const [row] = await db
    .select({ password: accounts.password })
    .from(accounts)
    .where(and(eq(accounts.userId, userId), eq(accounts.providerId, credential.providerId)));
  return row?.password ?? null;
}

export async function findUserByEmail(db: Queryable, email: string): Promise<{ id: string; name: string } | null> {
  const [row] = await db.select({ id: users.id, name: users.name }).from(users).where(eq(users.email, email));
  return row ?? null;
}
