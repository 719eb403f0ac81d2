import { ClawpoolError } from '@clawpool/contracts';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { asc } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import { forgetTrustedDevices } from '../identity/second-factor/second-factor-store.ts';
import type { Drizzle, Queryable } from '../store/database.ts';
import { organizations } from '../store/schema/index.ts';
import { endOtherSessions, findPasswordHash, findUserByEmail, lockPassword, setOwnPassword } from './account-store.ts';
import { passwordWeakness } from './password.ts';
import type { Principal } from './principal.ts';
import { findPrincipal, type PrincipalRecord } from './principal-store.ts';

/** `means`: what besides a password let them in, for example `{ provider: 'Entra ID' }`. */
export async function recordSignIn(
  db: Drizzle,
  { principal }: PrincipalRecord,
  address: string,
  means: Record<string, unknown> = {},
): Promise<void> {
  const detail = { address, ...means };
  await recordAudit(db, principal.organizationId, signInEvent(principal, 'sign_in.succeeded', 'allowed', detail));
}

/** The right password, or a provider's word for them, and all the same not let in: by a rule, or for a wrong code. */
export async function recordRefusedSignIn(
  db: Drizzle,
  { principal }: PrincipalRecord,
  address: string,
  reason: string,
): Promise<void> {
  const detail = { address, reason };
  await recordAudit(db, principal.organizationId, signInEvent(principal, 'sign_in.refused', 'refused', detail));
}

export async function recordSignOut(db: Drizzle, principal: Principal): Promise<void> {
  await recordAudit(db, principal.organizationId, signInEvent(principal, 'sign_in.ended', 'allowed', {}));
}

/** A wrong password, or an e-mail nobody has; the latter is told to the oldest organization, since it belongs to none. */
export async function recordFailedSignIn(db: Drizzle, email: string, address: string): Promise<void> {
  const user = await findUserByEmail(db, email.toLowerCase());
  const found = user && (await findPrincipal(db, user.id));
  const organizationId = found?.principal.organizationId ?? (await oldestOrganization(db));
  if (!organizationId) return;
  await recordAudit(db, organizationId, {
    ...signInEvent(found?.principal ?? { userId: '', name: email.slice(0, 200) }, 'sign_in.refused', 'refused', {
      address,
      email,
    }),
  });
}

/** Whether it is the user's password; takes as long where nobody has that e-mail, or no password. Null: it is not. */
export async function findByPassword(db: Queryable, email: string, password: string): Promise<string | null> {
  const user = await findUserByEmail(db, email.toLowerCase());
  const hash = user && (await findPasswordHash(db, user.id));
  if (!user || !hash) {
    await hashPassword(password);
    return null;
  }
  return (await verifyPassword({ hash, password })) ? user.id : null;
}

/** That it is really they who ask: people without a password have none to give. Error: `sign_in_failed`, which is in the audit trail. */
export async function confirmPassword(
  db: Drizzle,
  { principal }: Pick<PrincipalRecord, 'principal'>,
  password: string | null,
): Promise<void> {
  const hash = await findPasswordHash(db, principal.userId);
  if (hash === null || (password !== null && (await verifyPassword({ hash, password })))) return;
  await recordAudit(db, principal.organizationId, signInEvent(principal, 'password.refused', 'refused', {}));
  throw new ClawpoolError('sign_in_failed', 'The password is wrong.', 'Type it again.');
}

/**
 * Sets the caller's own password and ends their other sessions. Errors: `sign_in_failed` (the current one is wrong),
 * `weak_password` with what is wrong with it, `not_allowed` (a user without a password).
 */
export async function changePassword(
  db: Drizzle,
  { principal, email, sessionId }: Pick<PrincipalRecord, 'principal' | 'email'> & { sessionId: string },
  { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
): Promise<void> {
  const passwordHash = await hashPassword(newPassword);
  const refusal = await db.transaction(async (tx) => {
    const current = await lockPassword(tx, principal.userId);
    if (!current) throw new ClawpoolError('not_allowed', 'You do not sign in with a password.');
    if (!(await verifyPassword({ hash: current, password: currentPassword }))) {
      await recordAudit(tx, principal.organizationId, passwordEvent(principal, 'refused', {}));
      return new ClawpoolError('sign_in_failed', 'The current password is wrong.', 'Type it again.');
    }
    const weakness = passwordWeakness({ newPassword, currentPassword, email, name: principal.name });
    if (weakness) return new ClawpoolError('weak_password', weakness, 'Choose another; a few unrelated words do well.');
    await setOwnPassword(tx, principal.userId, passwordHash);
    const endedSessions = await endOtherSessions(tx, principal.userId, sessionId);
    await forgetTrustedDevices(tx, principal.userId);
    await recordAudit(tx, principal.organizationId, passwordEvent(principal, 'allowed', { endedSessions }));
    return null;
  });
  // Thrown out here, because the transaction has to commit the refusal's audit event.
  if (refusal) throw refusal;
}

const signInEvent = (
  { userId, name }: Pick<Principal, 'userId' | 'name'>,
  action: string,
  outcome: 'allowed' | 'refused',
  detail: Record<string, unknown>,
) => ({ actor: { type: 'person' as const, id: userId, name }, action, target: null, outcome, detail });

const passwordEvent = (principal: Principal, outcome: 'allowed' | 'refused', detail: Record<string, unknown>) =>
  signInEvent(principal, 'password.changed', outcome, detail);

async function oldestOrganization(db: Queryable): Promise<string | null> {
  const [row] = await db
    .select({ id: organizations.id })
    .from(organizations)
    .orderBy(asc(organizations.createdAt))
    .limit(1);
  return row?.id ?? null;
}
