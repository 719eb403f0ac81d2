import type { DirectoryVendor } from '@clawpool/contracts';
import { and, asc, eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { departments, directorySources, employees } from '../../store/schema/index.ts';

export type SourceRow = typeof directorySources.$inferSelect;

export async function listSourceRows(db: Queryable, organizationId: string): Promise<SourceRow[]> {
  return db
    .select()
    .from(directorySources)
    .where(eq(directorySources.organizationId, organizationId))
    .orderBy(asc(directorySources.createdAt));
}

export async function findSource(
  db: Queryable,
  organizationId: string,
  vendor: DirectoryVendor,
): Promise<SourceRow | null> {
  const [row] = await db.select().from(directorySources).where(ofSource(organizationId, vendor));
  return row ?? null;
}

/** As `findSource`; nobody else changes it before the transaction is over. */
export async function lockSource(
  tx: Transaction,
  organizationId: string,
  vendor: DirectoryVendor,
): Promise<SourceRow | null> {
  const [row] = await tx.select().from(directorySources).where(ofSource(organizationId, vendor)).for('update');
  return row ?? null;
}

export async function saveSource(tx: Transaction, row: Omit<SourceRow, 'createdAt'>): Promise<void> {
  const { organizationId, vendor, ...said } = row;
  await tx
    .insert(directorySources)
    .values(row)
    .onConflictDoUpdate({ target: [directorySources.organizationId, directorySources.vendor], set: said });
}

/** With its runs. */
export async function deleteSource(tx: Transaction, organizationId: string, vendor: DirectoryVendor): Promise<void> {
  await tx.delete(directorySources).where(ofSource(organizationId, vendor));
}

/** Ids of what came from there. */
export async function listOfSource(
  db: Queryable,
  organizationId: string,
  vendor: DirectoryVendor,
): Promise<{ people: string[]; departments: string[] }> {
  const people = await db
    .select({ id: employees.id })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.source, vendor)))
    .orderBy(asc(employees.id));
  const places = await db
    .select({ id: departments.id })
    .from(departments)
    .where(and(eq(departments.organizationId, organizationId), eq(departments.source, vendor)));
  return { people: people.map(({ id }) => id), departments: places.map(({ id }) => id) };
}

const ofSource = (organizationId: string, vendor: DirectoryVendor) =>
  and(eq(directorySources.organizationId, organizationId), eq(directorySources.vendor, vendor));
