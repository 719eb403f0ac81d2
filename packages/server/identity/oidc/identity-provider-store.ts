import type { IdentityProvider } from '@clawpool/contracts';
import { and, asc, count, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import {
  accounts,
  departments,
  identityProviders,
  organizations,
  positions,
  sessions,
} from '../../store/schema/index.ts';

export type ProviderRow = typeof identityProviders.$inferSelect;
export type ProviderFields = Omit<ProviderRow, 'organizationId' | 'id' | 'createdAt' | 'updatedAt'>;

/** Changes of an organization's providers and settings happen one after the other: some forbid each other. */
export async function lockSignIn(tx: Transaction, organizationId: string): Promise<void> {
  await tx
    .select({ id: organizations.id })
    .from(organizations)
    .where(eq(organizations.id, organizationId))
    .for('no key update');
}

export async function listProviders(
  db: Queryable,
  organizationId: string,
  providerId?: string,
): Promise<Omit<IdentityProvider, 'redirectUri'>[]> {
  const people = db
    .select({ providerId: accounts.providerId, people: count().as('people') })
    .from(accounts)
    .groupBy(accounts.providerId)
    .as('people_of_provider');
  const rows = await db
    .select({
      provider: identityProviders,
      department: departments.name,
      position: positions.name,
      people: sql<number>`coalesce(${people.people}, 0)::int`,
    })
    .from(identityProviders)
    .leftJoin(
      departments,
      and(
        eq(departments.organizationId, identityProviders.organizationId),
        eq(departments.id, identityProviders.departmentId),
      ),
    )
    .leftJoin(
      positions,
      and(
        eq(positions.organizationId, identityProviders.organizationId),
        eq(positions.id, identityProviders.positionId),
      ),
    )
    .leftJoin(people, eq(people.providerId, identityProviders.id))
    .where(
      and(
        eq(identityProviders.organizationId, organizationId),
        providerId === undefined ? undefined : eq(identityProviders.id, providerId),
      ),
    )
    .orderBy(asc(identityProviders.createdAt), asc(identityProviders.id));
  return rows.map(({ provider, ...names }) => ({
    ...provider,
    ...names,
    createdAt: provider.createdAt.toISOString(),
  }));
}

/** What the sign-in page may know, for everybody. */
export function listEnabledProviders(db: Queryable): Promise<{ id: string; name: string }[]> {
  return db
    .select({ id: identityProviders.id, name: identityProviders.name })
    .from(identityProviders)
    .where(eq(identityProviders.enabled, true))
    .orderBy(asc(identityProviders.createdAt), asc(identityProviders.id));
}

export async function findProvider(db: Queryable, organizationId: string, id: string): Promise<ProviderRow | null> {
  const [row] = await db
    .select()
    .from(identityProviders)
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.id, id)));
  return row ?? null;
}

/** For somebody who is not signed in, and so of no organization yet. */
export async function findEnabledProvider(db: Queryable, id: string): Promise<ProviderRow | null> {
  const [row] = await db
    .select()
    .from(identityProviders)
    .where(and(eq(identityProviders.id, id), eq(identityProviders.enabled, true)));
  return row ?? null;
}

export async function insertProvider(
  tx: Transaction,
  organizationId: string,
  id: string,
  fields: ProviderFields,
): Promise<void> {
  await tx.insert(identityProviders).values({ organizationId, id, ...fields });
}

export async function updateProvider(
  tx: Transaction,
  organizationId: string,
  id: string,
  fields: ProviderFields,
): Promise<void> {
  await tx
    .update(identityProviders)
    .set({ ...fields, updatedAt: new Date() })
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.id, id)));
}

/** With the links to it: somebody who signs in through it when it is added again is found by e-mail again. */
export async function deleteProvider(tx: Transaction, organizationId: string, id: string): Promise<void> {
  await tx.delete(accounts).where(eq(accounts.providerId, id));
  await tx
    .delete(identityProviders)
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.id, id)));
}

export async function isNameTaken(db: Queryable, organizationId: string, name: string, id: string): Promise<boolean> {
  const [row] = await db
    .select({ id: identityProviders.id })
    .from(identityProviders)
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.name, name)));
  return row !== undefined && row.id !== id;
}

export async function endSessionsOf(tx: Transaction, providerId: string): Promise<number> {
  const ended = await tx
    .delete(sessions)
    .where(eq(sessions.identityProviderId, providerId))
    .returning({ id: sessions.id });
  return ended.length;
}

export async function placeExists(
  db: Queryable,
  organizationId: string,
  { departmentId, positionId }: { departmentId: string | null; positionId: string | null },
): Promise<{ department: boolean; position: boolean }> {
  const [department] =
    departmentId === null
      ? []
      : await db
          .select({ id: departments.id })
          .from(departments)
          .where(and(eq(departments.organizationId, organizationId), eq(departments.id, departmentId)));
  const [position] =
    positionId === null
      ? []
      : await db
          .select({ id: positions.id })
          .from(positions)
          .where(and(eq(positions.organizationId, organizationId), eq(positions.id, positionId)));
  return { department: department !== undefined, position: positionId === null || position !== undefined };
}
