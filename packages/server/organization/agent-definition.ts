import { type AgentDefinition, ClawpoolError, type ModelChoice, type Person } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { assistantName, lookupToolNames } from '../assistant/assistant.ts';
import { findLayers } from '../governance/layers/layer-store.ts';
import { effectiveSettings, modelChoiceOf, settingSources } from '../governance/settings/agent-settings.ts';
import { findOverrides } from '../governance/settings/agent-settings-store.ts';
import { effectiveSkills } from '../governance/skills/skill-store.ts';
import { type AgentRights, findAgentRights, rightsOf } from '../governance/tools/tool-facts-store.ts';
import { findToolPolicy } from '../governance/tools/tool-policy-store.ts';
import { findTemplateContent } from '../pool/templates/template-store.ts';
import type { Queryable } from '../store/database.ts';
import { assistants, employees, organizations, positions, tenants, tiers, twins } from '../store/schema/index.ts';
import { listChannelsOf, listPeople } from './agent-surroundings.ts';
import { allowedTools } from './position.ts';

/** Texts of layers that are not saved, in place of those that are. */
export type LayerDrafts = Partial<AgentDefinition['layers']>;

/**
 * Everything a tenant's files are written from, as it is now. Error: `not_found`.
 *
 * @param installation what holds of the model where nobody says anything narrower
 */
export async function loadAgentDefinition(
  db: Queryable,
  organizationId: string,
  tenantId: string,
  installation: ModelChoice,
  drafts: LayerDrafts = {},
): Promise<AgentDefinition> {
  const tenant = await findSubject(db, organizationId, tenantId);
  if (!tenant) throw new ClawpoolError('not_found', `There is no tenant ${tenantId}.`);
  const ownerId = tenant.employeeId ?? tenant.twinOf;
  const isTwin = tenant.twinOf !== null;
  const [directory, saved, template, overrides, rights, channels] = await Promise.all([
    listPeople(db, organizationId, ownerId),
    findLayers(db, organizationId, { tenantId, positionId: tenant.positionId, employeeId: tenant.employeeId }),
    tenant.configTemplate === null ? null : findTemplateContent(db, organizationId, tenant.configTemplate),
    findOverrides(db, organizationId, { employeeId: ownerId, positionId: tenant.positionId }),
    findAgentRights(db, organizationId, tenantId),
    tenant.employeeId === null ? null : listChannelsOf(db, organizationId, tenant.employeeId),
  ]);
  const layers = { ...saved, ...drafts };
  const settings = effectiveSettings(settingSources(overrides, { ...tenant, template }), installation);
  const agent = {
    organization: { id: organizationId, name: tenant.organizationName },
    tenantId,
    ...{ model: modelChoiceOf(settings), responseLanguage: settings.responseLanguage.value },
    timezone: tenant.timezone,
  };
  if (tenant.assistantOf !== null) {
    return {
      ...agent,
      ...{ name: assistantName, owner: nobody(tenantId, assistantName) },
      layers: { global: layers.global, position: '', personal: '' },
      // What it knows comes from its lookup tools alone.
      ...{ tools: [], skills: [], directory: [], assistant: { tools: lookupToolNames } },
    };
  }
  const person = directory.find(({ id }) => id === ownerId);
  const skills = await effectiveSkills(
    db,
    organizationId,
    [...tenant.skills, ...(template?.skills ?? []), ...(isTwin ? [] : (tenant.positionSkills ?? [])), ...rights.skills],
    [...tenant.skillGroups, ...(template?.skillGroups ?? [])],
  );
  return {
    ...agent,
    name: tenant.name,
    owner: person ? { ...person, email: isTwin ? '' : person.email } : nobody(tenantId, tenant.name),
    layers: { ...layers, global: joined(layers.global, template?.instructions ?? '') },
    skills,
    ...rightsShown(rights),
    ...(channels === null ? {} : { channels, about: tenant.about ?? '' }),
    // Anybody talks to a public twin: it can do nothing, and knows of nobody but whose it is.
    ...(isTwin ? { tools: [], directory: [], publicTwin: true } : { directory }),
  };
}

/** The agent of a warm slot: the tier's, nobody's in particular, with all the tools its tier allows at most. Error: `not_found`. */
export async function tierAgent(
  db: Queryable,
  organizationId: string,
  tierId: string,
  installation: ModelChoice,
): Promise<AgentDefinition> {
  const tier = await findTierFacts(db, organizationId, tierId);
  if (!tier) throw new ClawpoolError('not_found', `There is no tier ${tierId}.`);
  const overrides = await findOverrides(db, organizationId, { employeeId: null, positionId: null });
  const none = { configTemplate: null, template: null };
  return {
    organization: { id: organizationId, name: tier.organizationName },
    tenantId: '',
    name: 'Agent',
    owner: nobody('', ''),
    layers: { global: '', position: '', personal: '' },
    tools: allowedTools(tier.toolsCeiling, tier.toolsCeiling),
    skills: [],
    directory: [],
    model: modelChoiceOf(effectiveSettings(settingSources(overrides, { ...tier, ...none }), installation)),
    timezone: tier.timezone,
  };
}

/**
 * The agent that a person, or somebody of a position, would have: for a preview while there is none. Without a position it is one that
 * can do nothing. Error: `not_found`.
 */
export async function prospectiveAgent(
  db: Queryable,
  organizationId: string,
  { employeeId, positionId }: { employeeId: string | null; positionId: string | null },
  installation: ModelChoice,
  drafts: LayerDrafts = {},
): Promise<AgentDefinition> {
  const [organization] = await db.select().from(organizations).where(eq(organizations.id, organizationId));
  if (!organization) throw new ClawpoolError('not_found', 'There is no such organization.');
  const [position] = await db
    .select({ name: positions.name, tools: positions.tools, skills: positions.skills, tierId: positions.tierId })
    .from(positions)
    .where(and(eq(positions.organizationId, organizationId), eq(positions.id, positionId ?? '')));
  const tier = position ? await findTierFacts(db, organizationId, position.tierId) : null;
  const [directory, layers, overrides, policy] = await Promise.all([
    listPeople(db, organizationId, employeeId),
    findLayers(db, organizationId, { tenantId: null, positionId, employeeId }),
    findOverrides(db, organizationId, { employeeId, positionId }),
    findToolPolicy(db, organizationId),
  ]);
  const person = directory.find(({ id }) => id === employeeId);
  const rights = rightsOf({
    ...{ organizationId, tenantId: '', employeeId, grants: [] },
    tools: {
      ...{ kind: 'colleague', positionTools: position?.tools ?? [], grants: [] },
      ...{ toolsCeiling: tier?.toolsCeiling ?? [], blockedTools: policy.blockedTools },
    },
    ...{ tierHosts: tier?.egressHosts ?? [], commandPatterns: policy.commandPatterns },
  });
  const sources = settingSources(overrides, {
    ...{ tier: tier?.tier ?? '', tierModel: tier?.tierModel ?? null },
    ...{ configTemplate: null, template: null },
  });
  const settings = effectiveSettings(sources, installation);
  return {
    organization: { id: organizationId, name: organization.name },
    tenantId: '',
    name: person ? `${person.name}’s agent` : 'Agent',
    owner: person ?? { ...nobody('', position?.name ?? 'a colleague'), position: position?.name ?? '' },
    layers: { ...layers, ...drafts },
    skills: await effectiveSkills(db, organizationId, position?.skills ?? [], []),
    directory,
    ...rightsShown(rights),
    ...{ model: modelChoiceOf(settings), responseLanguage: settings.responseLanguage.value },
    timezone: organization.timezone,
  };
}

/** Commands are refused to those who could run some. */
const rightsShown = ({ tools, hosts, refusedCommands }: AgentRights) => ({
  ...{ tools, hosts },
  refusedCommands: tools.some((tool) => tool === 'shell' || tool === 'code_execution') ? refusedCommands : [],
});

async function findSubject(db: Queryable, organizationId: string, tenantId: string) {
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
      about: employees.about,
      positionId: employees.positionId,
      positionSkills: positions.skills,
      tier: tiers.name,
      tierModel: tiers.model,
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
  return tenant ?? null;
}

async function findTierFacts(db: Queryable, organizationId: string, tierId: string) {
  const [tier] = await db
    .select({
      organizationName: organizations.name,
      timezone: organizations.timezone,
      tier: tiers.name,
      tierModel: tiers.model,
      toolsCeiling: tiers.toolsCeiling,
      egressHosts: tiers.egressHosts,
    })
    .from(tiers)
    .innerJoin(organizations, eq(organizations.id, tiers.organizationId))
    .where(and(eq(tiers.organizationId, organizationId), eq(tiers.id, tierId)));
  return tier ?? null;
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
