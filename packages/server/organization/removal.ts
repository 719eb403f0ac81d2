import type { Removal } from '@clawpool/contracts';
import { and, asc, eq, type SQL } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { identityProviders } from '../store/schema/index.ts';

const none = { count: 0, names: [] };

/** Nothing goes, nothing stands in the way. */
export const emptyRemoval: Removal = {
  ...{ departments: none, positions: none, employees: none, agents: none },
  ...{ managers: none, providers: none, mappings: none, layerWords: 0 },
  ...{ channels: 0, schedules: 0, rules: 0, kept: { conversations: 0, auditEvents: 0 } },
  ...{ movesTo: null, refusal: null },
};

/** As many names as a person reads. */
export const namesOf = (rows: readonly { name: string }[]): Removal['employees'] => ({
  count: rows.length,
  names: rows.slice(0, 20).map(({ name }) => name),
});

/** Identity providers that put whom they create there, by name. */
export const providersNaming = (db: Queryable, organizationId: string, where: SQL) =>
  db
    .select({ id: identityProviders.id, name: identityProviders.name })
    .from(identityProviders)
    .where(and(eq(identityProviders.organizationId, organizationId), where))
    .orderBy(asc(identityProviders.name));
