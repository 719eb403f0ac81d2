import type { Permission } from '@clawpool/contracts';
import { hashPassword } from 'better-auth/crypto';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import type { Drizzle, Transaction } from '../store/database.ts';
import { members, organizations, tiers } from '../store/schema/index.ts';
import { insertUsers } from './account-store.ts';
import { defaultTiers, type Machine } from './default-tiers.ts';
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

/**
 * Makes an empty database one that people can sign in to, and gives an organization that never had a tier its first ones, which fit the machine;
 * changes nothing else in one that is not empty. `demo`: seeds the sample too.
 */
export async function prepareInstallation(
  db: Drizzle,
  { demo, machine = roomy }: { demo: boolean; machine?: Machine },
): Promise<PreparedInstallation> {
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  const created = await db.transaction(async (tx) => {
    await installationLock(tx);
    const present = await tx.select({ id: organizations.id }).from(organizations).limit(1);
    if (present.length === 0) await createFirstOrganization(tx, passwordHash);
    await createFirstTiers(tx, machine);
    return present.length === 0;
  });
  const sample = demo ? await seedSampleOrganization(db) : null;
  return { firstAdmin: created ? { email: firstAdmin.email, password } : null, sample };
}

/** A machine that is in nobody's way. */
const roomy: Machine = { cpus: 64, memoryMegabytes: 65_536, diskMegabytes: 1_048_576 };

/** Also of an installation from before there were any. Deleted ones leave their row, so nobody's come back. */
async function createFirstTiers(tx: Transaction, machine: Machine): Promise<void> {
  const without = await tx
    .select({ id: organizations.id })
    .from(organizations)
    .where(sql`not exists (select from ${tiers} where ${tiers.organizationId} = ${organizations.id})`);
  for (const { id: organization } of without) {
    const rows = defaultTiers(machine).map((tier) => ({
      ...{ organizationId: organization, ...tier },
      toolsCeiling: [...tier.toolsCeiling],
    }));
    await tx.insert(tiers).values(rows);
    for (const { id, name } of rows) {
      await recordAudit(tx, organization, {
        actor: systemActor,
        action: 'tier.created',
        target: { type: 'tier', id, name },
        outcome: 'allowed',
        detail: { cause: 'first start' },
      });
    }
  }
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
