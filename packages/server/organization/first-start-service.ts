import type { Permission } from '@clawpool/contracts';
import { hashPassword } from 'better-auth/crypto';
import { recordAudit } from '../audit/audit-store.ts';
import type { Drizzle, Transaction } from '../store/database.ts';
import { members, organizations } from '../store/schema/index.ts';
import { insertUsers } from './account-store.ts';
import { installationLock, localOperator, systemActor } from './installation.ts';
import { generatePassword } from './password.ts';
import { type SeededSample, seedSampleOrganization } from './sample/seed.ts';

export interface PreparedInstallation {
  /** The first admin's sign-in, to be shown once. Null: made by an earlier start. */
  firstAdmin: { email: string; password: string } | null;
  /** Null: not asked for, or there already. */
  sample: SeededSample | null;
}

const organizationId = 'main';
const firstAdmin = { id: 'first-admin', name: 'First Admin', email: 'admin@clawpool.local' };

/** Makes an empty database one that people can sign in to; changes nothing in one that is not empty. `demo`: seeds the sample too. */
export async function prepareInstallation(db: Drizzle, { demo }: { demo: boolean }): Promise<PreparedInstallation> {
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  const created = await db.transaction(async (tx) => {
    await installationLock(tx);
    const present = await tx.select({ id: organizations.id }).from(organizations).limit(1);
    if (present.length > 0) return false;
    await createFirstOrganization(tx, passwordHash);
    return true;
  });
  const sample = demo ? await seedSampleOrganization(db) : null;
  return { firstAdmin: created ? { email: firstAdmin.email, password } : null, sample };
}

async function createFirstOrganization(tx: Transaction, passwordHash: string): Promise<void> {
  const organization = { id: organizationId, name: 'My organization' };
  await tx.insert(organizations).values(organization);
  await insertUsers(tx, [
    { ...firstAdmin, passwordHash, mustChangePassword: true },
    { ...localOperator, passwordHash: null, mustChangePassword: false },
  ]);
  const roles = ['operator', 'admin'];
  const permissions: Permission[] = ['policy'];
  await tx
    .insert(members)
    .values([firstAdmin, localOperator].map(({ id }) => ({ organizationId, userId: id, roles, permissions })));
  await recordAudit(tx, organizationId, {
    actor: systemActor,
    action: 'organization.created',
    target: { type: 'organization', ...organization },
    outcome: 'allowed',
    detail: { cause: 'first start' },
  });
  await recordAudit(tx, organizationId, {
    actor: systemActor,
    action: 'user.created',
    target: { type: 'user', id: firstAdmin.id, name: firstAdmin.name },
    outcome: 'allowed',
    detail: { email: firstAdmin.email, roles, permissions },
  });
}
