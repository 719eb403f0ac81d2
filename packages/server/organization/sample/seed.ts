import { hashPassword } from 'better-auth/crypto';
import { eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { insertLayers } from '../../governance/layers/layer-store.ts';
import type { Drizzle, Transaction } from '../../store/database.ts';
import { departments, employees, members, organizations, positions, tenants, tiers } from '../../store/schema/index.ts';
import { insertUsers } from '../account-store.ts';
import { installationLock, systemActor } from '../installation.ts';
import { generatePassword } from '../password.ts';
import { sampleOrganization } from './index.ts';

export interface SeededSample {
  organizationName: string;
  people: number;
  /** Everybody's first password; each must choose their own at first sign-in. Known only now. */
  password: string;
  /** E-mail addresses worth telling a newcomer. */
  emails: string[];
}

const { name, timezone, people } = sampleOrganization;

/** People whose agents differ most, and an admin. */
const worthTrying = ['carol', 'ryan', 'jiade'];

/**
 * Fills in the sample organization, all or nothing. An organization nobody has put anything into becomes it, with the tiers of its first start;
 * otherwise it is a new one. Null: it is there already, and nothing was changed.
 */
export async function seedSampleOrganization(db: Drizzle): Promise<SeededSample | null> {
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  return db.transaction(async (tx) => {
    await installationLock(tx);
    const [present] = await tx
      .select({ id: organizations.id })
      .from(organizations)
      .where(eq(organizations.sample, true));
    if (present) return null;
    const organizationId = await chooseOrganization(tx);
    await insertStructure(tx, organizationId);
    await insertPeople(tx, organizationId, passwordHash);
    await recordAudit(tx, organizationId, {
      actor: systemActor,
      action: 'organization.seeded',
      target: { type: 'organization', id: organizationId, name },
      outcome: 'allowed',
      detail: { employees: people.length },
    });
    const emails = people.filter(({ id }) => worthTrying.includes(id)).map(({ email }) => email);
    return { organizationName: name, people: people.length, password, emails };
  });
}

async function chooseOrganization(tx: Transaction): Promise<string> {
  const [untouched] = await tx
    .select({ id: organizations.id })
    .from(organizations)
    .where(
      sql`not exists (select from ${departments} where ${departments.organizationId} = ${organizations.id})
        and not exists (select from ${tiers} where ${tiers.organizationId} = ${organizations.id}
          and (${tiers.updatedBy} <> 'Clawpool' or ${tiers.deletedAt} is not null))`,
    )
    .limit(1);
  const values = { name, timezone, sample: true };
  if (untouched) {
    await tx.update(organizations).set(values).where(eq(organizations.id, untouched.id));
    return untouched.id;
  }
  await tx.insert(organizations).values({ id: sampleOrganization.id, ...values });
  return sampleOrganization.id;
}

async function insertStructure(tx: Transaction, organizationId: string): Promise<void> {
  const inOrganization = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ organizationId, ...row }));
  await tx.insert(departments).values(inOrganization(sampleOrganization.departments));
  await tx
    .insert(tiers)
    .values(inOrganization(sampleOrganization.tiers.map((tier) => ({ ...tier, toolsCeiling: [...tier.toolsCeiling] }))))
    .onConflictDoNothing({ target: [tiers.organizationId, tiers.id] });
  await tx
    .insert(positions)
    .values(
      inOrganization(
        sampleOrganization.positions.map((row) => ({ ...row, tools: [...row.tools], contactFor: [...row.contactFor] })),
      ),
    );
  await insertLayers(tx, organizationId, sampleOrganization.layers);
}

/** Each with a way to sign in and an agent of their own. */
async function insertPeople(tx: Transaction, organizationId: string, passwordHash: string): Promise<void> {
  const userId = (id: string) => `${organizationId}-${id}`;
  await tx.insert(employees).values(
    people.map(({ roles: _, permissions: __, ...person }) => ({
      organizationId,
      ...person,
      contactFor: [...person.contactFor],
    })),
  );
  await insertUsers(
    tx,
    people.map((person) => ({
      id: userId(person.id),
      name: person.name,
      email: person.email,
      passwordHash,
      mustChangePassword: true,
    })),
  );
  await tx.insert(members).values(
    people.map(({ id, roles, permissions }) => ({
      ...{ organizationId, userId: userId(id), employeeId: id },
      ...{ roles: [...roles], permissions: [...permissions] },
    })),
  );
  await tx.insert(tenants).values(
    people.map(({ id, positionId }) => ({
      organizationId,
      id,
      name: `agent-${positionId.replace(/^pos-/, '')}-${id}`,
      employeeId: id,
      tierId: tierOf(positionId),
    })),
  );
}

function tierOf(positionId: string): string {
  const position = sampleOrganization.positions.find(({ id }) => id === positionId);
  if (!position) throw new Error(`no position ${positionId}`);
  return position.tierId;
}
