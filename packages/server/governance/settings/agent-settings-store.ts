import type { AgentSettings, SettingsScope } from '@clawpool/contracts';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { type AffectedAgents, affectedTenants } from '../../pool/agent-revision.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import {
  agentSettings,
  configTemplates,
  employees,
  organizations,
  positions,
  tiers,
} from '../../store/schema/index.ts';
import type { SettingSource } from './agent-settings.ts';

/** Whose settings: `ownerId` is '' for the organization. */
export interface SettingsKey {
  scope: SettingsScope;
  ownerId: string;
}

/** A row with its owner's name and how many agents follow it. */
export type StoredSettings = typeof agentSettings.$inferSelect & { ownerName: string; affected: number };

/** What is overridden for a person of a position, by anybody: for those two and for the organization. Null: nobody, none. */
export function findOverrides(
  db: Queryable,
  organizationId: string,
  { employeeId, positionId }: { employeeId: string | null; positionId: string | null },
): Promise<SettingSource[]> {
  return selectOverrides(
    db,
    organizationId,
    sql`(select ${employeeId}::text as id, ${positionId}::text as position_id)`,
  );
}

/** What is overridden for a tenant: its owner's, or those of whose twin it is. */
export function findOverridesOfTenant(
  db: Queryable,
  organizationId: string,
  tenantId: string,
): Promise<SettingSource[]> {
  return selectOverrides(
    db,
    organizationId,
    sql`(select e.id, e.position_id from tenants t
      left join twins w on w.organization_id = t.organization_id and w.tenant_id = t.id
      left join employees e on e.organization_id = t.organization_id and e.id = coalesce(t.employee_id, w.employee_id)
      where t.organization_id = ${organizationId} and t.id = ${tenantId})`,
  );
}

async function selectOverrides(db: Queryable, organizationId: string, person: SQL): Promise<SettingSource[]> {
  const { rows } = await db.execute<{ scope: SettingsScope; name: string; settings: Partial<AgentSettings> }>(sql`
    select s.scope, coalesce(e.name, p.name, o.name) as name, s.settings
    from agent_settings s
    join organizations o on o.id = s.organization_id
    join ${person} person on s.scope = 'organization' or (s.scope = 'position' and s.owner_id = person.position_id)
      or (s.scope = 'employee' and s.owner_id = person.id)
    left join employees e on e.organization_id = s.organization_id and s.scope = 'employee' and e.id = s.owner_id
    left join positions p on p.organization_id = s.organization_id and s.scope = 'position' and p.id = s.owner_id
    where s.organization_id = ${organizationId}`);
  return rows.map(({ scope, name, settings }) => ({ from: scope, name, settings }));
}

/** The organization's, then positions' and people's by name, those of these departments (null: of all). */
export async function listSettings(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
): Promise<StoredSettings[]> {
  const departments = departmentIds === null ? null : sql.param([...departmentIds]);
  return selectSettings(
    db,
    organizationId,
    departments === null
      ? sql`true`
      : sql`(${agentSettings.scope} = 'organization' or coalesce(${positions.departmentId}, ${employees.departmentId}) = any(${departments}::text[]))`,
  );
}

export async function findSettings(
  db: Queryable,
  organizationId: string,
  key: SettingsKey,
): Promise<StoredSettings | null> {
  const [row] = await selectSettings(
    db,
    organizationId,
    sql`${agentSettings.scope} = ${key.scope} and ${agentSettings.ownerId} = ${key.ownerId}`,
  );
  return row ?? null;
}

/** Makes or changes the row, when its version is the expected one; 0: there is none. False: it is another. */
export async function saveSettings(
  tx: Transaction,
  organizationId: string,
  key: SettingsKey,
  {
    settings,
    expectedVersion,
    updatedBy,
  }: { settings: Partial<AgentSettings>; expectedVersion: number; updatedBy: string },
): Promise<boolean> {
  if (expectedVersion === 0) {
    const inserted = await tx
      .insert(agentSettings)
      .values({ organizationId, ...key, settings, updatedBy })
      .onConflictDoNothing()
      .returning({ version: agentSettings.version });
    return inserted.length === 1;
  }
  const updated = await tx
    .update(agentSettings)
    .set({ settings, updatedBy, version: expectedVersion + 1, updatedAt: sql`now()` })
    .where(and(isRow(organizationId, key), eq(agentSettings.version, expectedVersion)))
    .returning({ version: agentSettings.version });
  return updated.length === 1;
}

/** False: there is none of that version. */
export async function deleteSettings(
  tx: Transaction,
  organizationId: string,
  key: SettingsKey,
  version: number,
): Promise<boolean> {
  const deleted = await tx
    .delete(agentSettings)
    .where(and(isRow(organizationId, key), eq(agentSettings.version, version)))
    .returning({ version: agentSettings.version });
  return deleted.length === 1;
}

/** The organization's, a position's or a person's name; null: there is no such one. */
export async function findSettingsOwner(
  db: Queryable,
  organizationId: string,
  { scope, ownerId }: SettingsKey,
): Promise<{ name: string } | null> {
  if (scope === 'organization') {
    const [row] = await db
      .select({ name: organizations.name })
      .from(organizations)
      .where(eq(organizations.id, organizationId));
    return row ?? null;
  }
  const table = scope === 'position' ? positions : employees;
  const [row] = await db
    .select({ name: table.name })
    .from(table)
    .where(and(eq(table.organizationId, organizationId), eq(table.id, ownerId)));
  return row ?? null;
}

/** Models that tiers and templates of the organization name. */
export async function listNamedModels(db: Queryable, organizationId: string): Promise<string[]> {
  const [ofTiers, ofTemplates] = await Promise.all([
    db
      .selectDistinct({ model: tiers.model })
      .from(tiers)
      .where(and(eq(tiers.organizationId, organizationId), isNull(tiers.deletedAt))),
    db
      .selectDistinctOn([configTemplates.name], { model: sql<string | null>`${configTemplates.content} ->> 'model'` })
      .from(configTemplates)
      .where(eq(configTemplates.organizationId, organizationId))
      .orderBy(configTemplates.name, sql`${configTemplates.version} desc`),
  ]);
  return [...ofTiers, ...ofTemplates].flatMap(({ model }) => model ?? []);
}

/** The agents that follow the row. */
export function agentsOf({ scope, ownerId }: SettingsKey): AffectedAgents {
  if (scope === 'organization') return 'all';
  return scope === 'position' ? { positionIds: [ownerId] } : { employeeIds: [ownerId] };
}

async function selectSettings(db: Queryable, organizationId: string, which: SQL): Promise<StoredSettings[]> {
  const rows = await db
    .select({
      row: agentSettings,
      ownerName: sql<string>`coalesce(${employees.name}, ${positions.name}, ${organizations.name})`,
    })
    .from(agentSettings)
    .innerJoin(organizations, eq(organizations.id, agentSettings.organizationId))
    .leftJoin(
      positions,
      and(
        eq(positions.organizationId, organizationId),
        eq(agentSettings.scope, 'position'),
        eq(positions.id, agentSettings.ownerId),
      ),
    )
    .leftJoin(
      employees,
      and(
        eq(employees.organizationId, organizationId),
        eq(agentSettings.scope, 'employee'),
        eq(employees.id, agentSettings.ownerId),
      ),
    )
    .where(
      and(
        eq(agentSettings.organizationId, organizationId),
        // What is left of a position or a person that is gone.
        sql`(${agentSettings.scope} = 'organization' or ${positions.id} is not null or ${employees.id} is not null)`,
        which,
      ),
    )
    .orderBy(
      sql`array_position(array['organization', 'position', 'employee'], ${agentSettings.scope})`,
      sql`2`,
      agentSettings.ownerId,
    );
  return Promise.all(
    rows.map(async ({ row, ownerName }) => ({
      ...row,
      ownerName,
      affected: await countFollowers(db, organizationId, row),
    })),
  );
}

async function countFollowers(db: Queryable, organizationId: string, key: SettingsKey): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from tenants t where t.organization_id = ${organizationId} and t.state <> 'deleted'
      and ${affectedTenants(organizationId, agentsOf(key))}`);
  return rows[0]?.count ?? 0;
}

const isRow = (organizationId: string, { scope, ownerId }: SettingsKey) =>
  and(
    eq(agentSettings.organizationId, organizationId),
    eq(agentSettings.scope, scope),
    eq(agentSettings.ownerId, ownerId),
  );
