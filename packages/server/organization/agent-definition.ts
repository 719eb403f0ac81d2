import { type AgentDefinition, ClawpoolError, type ModelChoice, type Person } from '@clawpool/contracts';
import { and, asc, eq, or } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { departments, employees, layers, organizations, positions, tenants, tiers } from '../store/schema/index.ts';
import { allowedTools } from './position.ts';

/**
 * Everything from which a tenant's files are written, as it stands now.
 * Throws `not_found` for a tenant that is not the organization's.
 */
export async function loadAgentDefinition(
  db: Queryable,
  organizationId: string,
  tenantId: string,
  model: ModelChoice,
): Promise<AgentDefinition> {
  const [row] = await db
    .select({
      organization: organizations,
      tenantName: tenants.name,
      employeeId: tenants.employeeId,
      positionId: positions.id,
      positionTools: positions.tools,
      toolsCeiling: tiers.toolsCeiling,
    })
    .from(tenants)
    .innerJoin(organizations, eq(organizations.id, tenants.organizationId))
    .innerJoin(
      employees,
      and(eq(employees.organizationId, tenants.organizationId), eq(employees.id, tenants.employeeId)),
    )
    .innerJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  if (!row) throw new ClawpoolError('not_found', `There is no tenant ${tenantId}.`);

  const directory = await listPeople(db, organizationId);
  const owner = directory.find((person) => person.id === row.employeeId);
  if (!owner) throw new ClawpoolError('not_found', `The tenant ${tenantId} has no owner.`);
  return {
    organization: { id: organizationId, name: row.organization.name },
    tenantId,
    name: `${owner.name}’s agent`,
    owner,
    layers: await loadLayers(db, organizationId, row.positionId, row.employeeId),
    tools: allowedTools(row.positionTools, row.toolsCeiling),
    directory,
    model,
    timezone: row.organization.timezone,
  };
}

/** The organization's people by name, each with what to ask them about: their own topics first, then their position's. */
async function listPeople(db: Queryable, organizationId: string): Promise<Person[]> {
  const rows = await db
    .select({
      id: employees.id,
      name: employees.name,
      email: employees.email,
      position: positions.name,
      department: departments.name,
      own: employees.contactFor,
      positions: positions.contactFor,
    })
    .from(employees)
    .innerJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .where(eq(employees.organizationId, organizationId))
    .orderBy(asc(employees.name), asc(employees.id));
  return rows.map(({ own, positions: shared, ...person }) => ({
    ...person,
    contactFor: [...new Set([...own, ...shared])],
  }));
}

async function loadLayers(db: Queryable, organizationId: string, positionId: string, employeeId: string) {
  const rows = await db
    .select({ scope: layers.scope, content: layers.content })
    .from(layers)
    .where(
      and(
        eq(layers.organizationId, organizationId),
        or(
          eq(layers.scope, 'global'),
          and(eq(layers.scope, 'position'), eq(layers.ownerId, positionId)),
          and(eq(layers.scope, 'personal'), eq(layers.ownerId, employeeId)),
        ),
      ),
    );
  const contentOf = (scope: string) => rows.find((row) => row.scope === scope)?.content ?? '';
  return { global: contentOf('global'), position: contentOf('position'), personal: contentOf('personal') };
}
