import { type AgentDefinition, ClawpoolError, type ModelChoice, type Person } from '@clawpool/contracts';
import { and, asc, eq, sql } from 'drizzle-orm';
import { assistantName, lookupToolNames } from '../assistant/assistant.ts';
import { findLayers } from '../governance/layer-store.ts';
import { effectiveSkills } from '../governance/skills/skill-store.ts';
import { findTemplateContent } from '../pool/templates/template-store.ts';
import type { Queryable } from '../store/database.ts';
import {
  assistants,
  departments,
  employees,
  organizations,
  positions,
  tenants,
  tiers,
  twins,
} from '../store/schema/index.ts';
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
      twinOf: twins.employeeId,
      assistantOf: assistants.organizationId,
      skills: tenants.skills,
      skillGroups: tenants.skillGroups,
      organizationName: organizations.name,
      timezone: organizations.timezone,
      positionId: employees.positionId,
      tools: positions.tools,
      toolsCeiling: tiers.toolsCeiling,
      configTemplate: tenants.configTemplate,
    })
    .from(tenants)
    .innerJoin(organizations, eq(organizations.id, tenants.organizationId))
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .leftJoin(twins, and(eq(twins.organizationId, tenants.organizationId), eq(twins.tenantId, tenants.id)))
    .leftJoin(
      assistants,
      and(eq(assistants.organizationId, tenants.organizationId), eq(assistants.tenantId, tenants.id)),
    )
    .leftJoin(
      employees,
      and(
        eq(employees.organizationId, tenants.organizationId),
        eq(employees.id, sql`coalesce(${tenants.employeeId}, ${twins.employeeId})`),
      ),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, tenants.organizationId), eq(positions.id, employees.positionId)),
    )
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.id, tenantId)));
  if (!tenant) throw new ClawpoolError('not_found', `There is no tenant ${tenantId}.`);
  const [directory, layers, template] = await Promise.all([
    listDirectory(db, organizationId),
    findLayers(db, organizationId, { positionId: tenant.positionId, employeeId: tenant.employeeId }),
    tenant.configTemplate === null ? null : findTemplateContent(db, organizationId, tenant.configTemplate),
  ]);
  const skills = await effectiveSkills(
    db,
    organizationId,
    [...tenant.skills, ...(template?.skills ?? [])],
    [...tenant.skillGroups, ...(template?.skillGroups ?? [])],
  );
  const person = directory.find(({ id }) => id === (tenant.employeeId ?? tenant.twinOf));
  const isTwin = tenant.twinOf !== null;
  if (tenant.assistantOf !== null) {
    return {
      organization: { id: organizationId, name: tenant.organizationName },
      tenantId,
      ...{ name: assistantName, owner: nobody(tenantId, assistantName) },
      layers: { global: layers.global, position: '', personal: '' },
      // What it knows comes from its lookup tools alone.
      ...{ tools: [], skills: [], directory: [], assistant: { tools: lookupToolNames } },
      ...{ model, timezone: tenant.timezone },
    };
  }
  return {
    organization: { id: organizationId, name: tenant.organizationName },
    tenantId,
    name: tenant.name,
    owner: person ? { ...person, email: isTwin ? '' : person.email } : nobody(tenantId, tenant.name),
    layers: { ...layers, global: joined(layers.global, template?.instructions ?? '') },
    // Anybody talks to a public twin: it can do nothing, and knows of nobody but whose it is.
    tools: isTwin ? [] : allowedTools(tenant.tools ?? tenant.toolsCeiling, tenant.toolsCeiling),
    skills,
    directory: isTwin ? [] : directory,
    model,
    timezone: tenant.timezone,
  };
}

/** The agent of a warm slot: the tier's, nobody's in particular, with all the tools its tier allows at most. Error: `not_found`. */
export async function tierAgent(
  db: Queryable,
  organizationId: string,
  tierId: string,
  model: ModelChoice,
): Promise<AgentDefinition> {
  const [tier] = await db
    .select({
      organizationName: organizations.name,
      timezone: organizations.timezone,
      toolsCeiling: tiers.toolsCeiling,
    })
    .from(tiers)
    .innerJoin(organizations, eq(organizations.id, tiers.organizationId))
    .where(and(eq(tiers.organizationId, organizationId), eq(tiers.id, tierId)));
  if (!tier) throw new ClawpoolError('not_found', `There is no tier ${tierId}.`);
  return {
    organization: { id: organizationId, name: tier.organizationName },
    tenantId: '',
    name: 'Agent',
    owner: nobody('', ''),
    layers: { global: '', position: '', personal: '' },
    tools: allowedTools(tier.toolsCeiling, tier.toolsCeiling),
    skills: [],
    directory: [],
    model,
    timezone: tier.timezone,
  };
}

/** The owner of an agent that is no person's. */
const nobody = (id: string, name: string): Person => ({
  id,
  name,
  email: '',
  position: '',
  department: '',
  contactFor: [],
});

const joined = (...texts: string[]) => texts.filter((text) => text !== '').join('\n\n');

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
