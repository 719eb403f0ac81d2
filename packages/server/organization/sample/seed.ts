import { readFile } from 'node:fs/promises';
import { hashPassword } from 'better-auth/crypto';
import { eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { insertLayers, type Layer } from '../../governance/layer-store.ts';
import type { Drizzle, Transaction } from '../../store/database.ts';
import { departments, employees, members, organizations, positions, tenants, tiers } from '../../store/schema/index.ts';
import { insertUsers } from '../account-store.ts';
import { installationLock, systemActor } from '../installation.ts';
import { generatePassword } from '../password.ts';
import { samplePeople, samplePersonalLayers } from './people.ts';
import { sampleDepartments, sampleName, samplePositions, sampleTiers } from './structure.ts';

export interface SeededSample {
  organizationName: string;
  people: number;
  /** Everybody's first password; each must choose their own at first sign-in. Known only now. */
  password: string;
  /** E-mail addresses worth telling a newcomer. */
  emails: string[];
}

const emailOf = (id: string) => `${id}@acme.example`;

/**
 * Fills in the sample organization, all or nothing. An organization nobody has put anything into becomes it; otherwise it is a new
 * one. Null: it is there already, and nothing was changed.
 */
export async function seedSampleOrganization(db: Drizzle): Promise<SeededSample | null> {
  const layers = await readLayers();
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  return db.transaction(async (tx) => {
    await installationLock(tx);
    const [present] = await tx.select({ id: organizations.id }).from(organizations).where(eq(organizations.sample, true));
    if (present) return null;
    const organizationId = await chooseOrganization(tx);
    await insertStructure(tx, organizationId, layers);
    await insertPeople(tx, organizationId, passwordHash);
    await recordAudit(tx, organizationId, {
      actor: systemActor,
      action: 'organization.seeded',
      target: { type: 'organization', id: organizationId, name: sampleName },
      outcome: 'allowed',
      detail: { departments: sampleDepartments.length, positions: samplePositions.length, employees: samplePeople.length },
    });
    return { organizationName: sampleName, people: samplePeople.length, password, emails: ['carol', 'ryan', 'jiade'].map(emailOf) };
  });
}

async function chooseOrganization(tx: Transaction): Promise<string> {
  const [untouched] = await tx
    .select({ id: organizations.id })
    .from(organizations)
    .where(sql`not exists (select from ${departments} where ${departments.organizationId} = ${organizations.id})`)
    .limit(1);
  const values = { name: sampleName, sample: true };
  if (untouched) {
    await tx.update(organizations).set(values).where(eq(organizations.id, untouched.id));
    return untouched.id;
  }
  await tx.insert(organizations).values({ id: 'acme', ...values });
  return 'acme';
}

async function insertStructure(tx: Transaction, organizationId: string, layers: readonly Layer[]): Promise<void> {
  const inOrganization = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ organizationId, ...row }));
  await tx.insert(departments).values(inOrganization(sampleDepartments));
  await tx.insert(tiers).values(inOrganization(sampleTiers.map((tier) => ({ ...tier, toolsCeiling: [...tier.toolsCeiling] }))));
  await tx.insert(positions).values(
    inOrganization(samplePositions.map((row) => ({ ...row, tools: [...row.tools], contactFor: [...row.contactFor] }))),
  );
  await insertLayers(tx, organizationId, layers);
}

async function insertPeople(tx: Transaction, organizationId: string, passwordHash: string): Promise<void> {
  const userId = (id: string) => `${organizationId}-${id}`;
  await tx.insert(employees).values(
    samplePeople.map(({ roles: _, ...person }) => ({
      organizationId,
      ...person,
      email: emailOf(person.id),
      contactFor: [...person.contactFor],
    })),
  );
  await insertUsers(
    tx,
    samplePeople.map(({ id, name }) => ({ id: userId(id), name, email: emailOf(id), passwordHash, mustChangePassword: true })),
  );
  await tx
    .insert(members)
    .values(samplePeople.map(({ id, roles }) => ({ organizationId, userId: userId(id), employeeId: id, roles: [...roles] })));
  await tx.insert(tenants).values(
    samplePeople.map(({ id, positionId }) => ({
      organizationId,
      id,
      name: `agent-${positionId}-${id}`,
      employeeId: id,
      tierId: tierOf(positionId),
    })),
  );
}

function tierOf(positionId: string): string {
  const position = samplePositions.find(({ id }) => id === positionId);
  if (!position) throw new Error(`no position ${positionId}`);
  return position.tierId;
}

async function readLayers(): Promise<Layer[]> {
  const read = async (name: string) => (await readFile(new URL(`./layers/${name}.md`, import.meta.url), 'utf8')).trim();
  const ofPositions = samplePositions.map(async ({ id }) => ({ scope: 'position' as const, ownerId: id, content: await read(id) }));
  const personal = Object.entries(samplePersonalLayers).map(([ownerId, content]) => ({ scope: 'personal' as const, ownerId, content }));
  return [{ scope: 'global', ownerId: '', content: await read('global') }, ...(await Promise.all(ofPositions)), ...personal];
}
