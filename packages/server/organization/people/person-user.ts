import { randomUUID } from 'node:crypto';
import { ClawpoolError, type Permission, type Role } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { accounts, members, sessions, users } from '../../store/schema/index.ts';
import { insertPassword, insertUsers } from '../account-store.ts';
import { localOperator } from '../installation.ts';
import { findUser, type PersonRow } from './people-store.ts';

/** The user behind a new person, made where there is none. `roles` and `permissions`: those they have in the organization already. */
export async function userFor(
  tx: Transaction,
  organizationId: string,
  { name, email, passwordHash }: { name: string; email: string; passwordHash: string | null },
): Promise<{ id: string; roles: Role[]; permissions: Permission[]; passwordIsTheirs: boolean }> {
  const passwordIsTheirs = passwordHash !== null;
  const known = await findUser(tx, email);
  if (!known) {
    const id = randomUUID();
    await insertUsers(tx, [{ id, name, email, passwordHash, mustChangePassword: passwordIsTheirs }]);
    return { id, roles: [], permissions: [], passwordIsTheirs };
  }
  if (known.memberships.length === 0) {
    // Whoever signed in as this user before is not let in again by becoming somebody.
    await tx.delete(sessions).where(eq(sessions.userId, known.id));
    await tx.delete(accounts).where(eq(accounts.userId, known.id));
    await tx.update(users).set({ name, mustChangePassword: passwordIsTheirs }).where(eq(users.id, known.id));
    if (passwordHash !== null) await insertPassword(tx, known.id, passwordHash);
    return { id: known.id, roles: [], permissions: [], passwordIsTheirs };
  }
  const here = known.memberships.find((membership) => membership.organizationId === organizationId);
  if (!here || here.employeeId !== null || known.id === localOperator.id) {
    throw new ClawpoolError(
      'conflict',
      `The e-mail “${email}” belongs to somebody else here.`,
      'Choose another e-mail.',
    );
  }
  await tx.update(users).set({ name }).where(eq(users.id, known.id));
  return { id: known.id, roles: here.roles, permissions: here.permissions, passwordIsTheirs: false };
}

/** What a person's change means for how they sign in. */
export async function changeUser(
  tx: Transaction,
  organizationId: string,
  { userId, name, email, roles, permissions }: PersonRow & { userId: string },
  changes: Record<string, unknown>,
): Promise<void> {
  if ('email' in changes) {
    const other = await findUser(tx, email);
    if (other && other.id !== userId) {
      throw new ClawpoolError(
        'conflict',
        `The e-mail “${email}” belongs to somebody else here.`,
        'Choose another e-mail.',
      );
    }
  }
  if ('email' in changes || 'name' in changes) {
    await tx.update(users).set({ name, email, updatedAt: new Date() }).where(eq(users.id, userId));
  }
  if ('roles' in changes || 'permissions' in changes) {
    await tx
      .update(members)
      .set({ roles, permissions })
      .where(and(eq(members.organizationId, organizationId), eq(members.userId, userId)));
  }
}
