import { type AgentDefinition, ClawpoolError, type ModelChoice, type Person } from '@clawpool/contracts';
import { and, asc, eq } from 'drizzle-orm';
import { findLayers } from '../governance/layer-store.ts';
import type { Queryable } from '../store/database.ts';
import { departments, employees, organizations, positions, tenants, tiers } from '../store/schema/index.ts';
import { allowedTools } from './position.ts';

/** Everything a tenant's files are written from, as it is now. Error: `not_found`. */
export async function loadAgentDefinition(
  db: Queryable,
  organizationId: string,
  tenantId: string,
  model: ModelChoice,
): Promise<AgentDefinition> {
  const [tenant] = await db
    .select({
      name: tenants.name,
      employeeId: tenants.employeeId,
      organizationName: organizations.name,
      timezone: organizations.timezone,
      positionId: employees.positionId,
      tools: positions.tools,
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
      and(eq(positions.organizationId, tenants.organizationId), eq(positions.id, employees.positionId)),
    )
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  const directory = tenant ? await listDirectory(db, organizationId) : [];
  const owner = directory.find(({ id }) => id === tenant?.employeeId);
  if (!tenant || !owner) throw new ClawpoolError('not_found', `There is no tenant ${tenantId}.`);
  return {
    organization: { id: organizationId, name: tenant.organizationName },
    tenantId,
    name: tenant.name,
    owner,
    layers: await findLayers(db, organizationId, tenant),
    tools: allowedTools(tenant.tools, tenant.toolsCeiling),
    directory,
    model,
    timezone: tenant.timezone,
  };
}

/** The organization's people by name. What a person is the right one to ask about is their own topics, then their position's. */
async function listDirectory(db: Queryable, organizationId: string): Promise<Person[]> {
  const rows = await db
    .select({
      id: employees.id,
      name: employees.name,
      email: employees.email,
      position: positions.name,
      department: departments.name,
      own: employees.contactFor,
      ofPosition: positions.contactFor,
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
    .orderBy(asc(employees.name));
  return rows.map(({ own, ofPosition, ...person }) => ({
    ...person,
    contactFor: [...new Set([...own, ...ofPosition])],
  }));
}
