import {
  type AccessKind,
  ClawpoolError,
  type Requestable,
  type ToolName,
  type ToolStanding,
  toolName,
  toolNames,
} from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { TenantRow } from '../../../pool/tenant-store.ts';
import type { Queryable } from '../../../store/database.ts';
import { employees, positions } from '../../../store/schema/index.ts';
import { effectiveSkills, findSkill, listSkills } from '../../skills/skill-store.ts';
import { type AgentFacts, listAgentFacts, rightsOf } from '../../tools/tool-facts-store.ts';
import { readHostName } from './host-name.ts';
import { inWords, type Rating, rateRisk } from './risk.ts';
import { toolsOfSkill } from './skill-needs.ts';

/** What is asked for, as it is stored. */
export interface Asked {
  kind: AccessKind;
  resource: string;
  /** Of a skill: tools that it says it needs. */
  needs: ToolName[];
}

/**
 * Reads what is asked for and refuses what makes no sense to ask: what is not there (`not_found`, `invalid_request`), what the agent has, and what
 * no grant can give (`conflict`, with what to do instead).
 */
export async function checkAsked(
  db: Queryable,
  tenant: TenantRow,
  input: { kind: AccessKind; resource: string },
  now: Date,
): Promise<Asked> {
  const asked = await checkGrantable(db, tenant, input, now);
  const facts = await factsOf(db, tenant, now);
  const held = new Set(
    facts.grants.filter(({ mode }) => mode === 'permanent').map(({ kind, resource }) => `${kind} ${resource}`),
  );
  const has =
    held.has(`${asked.kind} ${asked.resource}`) ||
    (asked.kind === 'tool' && hasOfItself(standingOf(facts, asked.resource))) ||
    (asked.kind === 'skill' && (await ownSkills(db, tenant)).has(asked.resource)) ||
    (asked.kind === 'host' && facts.tierHosts.some((pattern) => covers(pattern, asked.resource)));
  if (!has) return asked;
  throw new ClawpoolError(
    'conflict',
    `The agent has the ${asked.kind} ${asked.resource} already.`,
    'Nothing has to be requested.',
  );
}

/** The same without looking at what the agent has: what was asked for may not be possible any more when it is decided. */
export async function checkGrantable(
  db: Queryable,
  tenant: TenantRow,
  { kind, resource }: { kind: AccessKind; resource: string },
  now: Date,
): Promise<Asked> {
  if (kind === 'host') return { kind, resource: readHostName(resource), needs: [] };
  if (kind === 'skill') {
    const skill = await findSkill(db, tenant.organizationId, resource);
    if (skill) return { kind, resource, needs: toolsOfSkill(skill.content) };
    throw new ClawpoolError(
      'not_found',
      `There is no skill “${resource}”.`,
      'My requests lists the skills that there are.',
    );
  }
  const tool = toolName.safeParse(resource.toLowerCase());
  if (!tool.success) {
    throw new ClawpoolError(
      'invalid_request',
      `There is no tool “${resource}”.`,
      `The tools are: ${toolNames.join(', ')}.`,
    );
  }
  const { because } = standingOf(await factsOf(db, tenant, now), tool.data);
  if (because === 'above_tier') {
    throw new ClawpoolError(
      'conflict',
      `The tier ${tenant.tier} does not allow ${tool.data}, whatever is granted.`,
      'Ask an admin to move the position to another tier, or to change what this one allows.',
    );
  }
  if (because === 'always_blocked') {
    throw new ClawpoolError(
      'conflict',
      `Nobody’s agent may use ${tool.data} in this organization.`,
      'The admins with the permission “policy” have decided so; talk to them.',
    );
  }
  return { kind, resource: tool.data, needs: [] };
}

/** What somebody's agent lacks and could be granted, for a list to choose from. */
export async function listRequestable(db: Queryable, tenant: TenantRow): Promise<Requestable[]> {
  const [facts, own, skills] = await Promise.all([
    factsOf(db, tenant, new Date()),
    ownSkills(db, tenant),
    listSkills(db, tenant.organizationId),
  ]);
  const tools = rightsOf(facts).standings.filter(({ because }) => because === 'not_in_position' || because === 'grant');
  const hours = 1;
  return [
    ...tools.map(({ tool }) => {
      const rating = rateRisk({ kind: 'tool', resource: tool, hours });
      return { kind: 'tool' as const, resource: tool, label: tool, ...rated(rating) };
    }),
    ...(await Promise.all(
      skills
        .filter(({ name }) => !own.has(name))
        .map(async ({ name, description }) => {
          const needs = toolsOfSkill((await findSkill(db, tenant.organizationId, name))?.content ?? '');
          const rating = rateRisk({ kind: 'skill', resource: name, hours, needs });
          return { kind: 'skill' as const, resource: name, label: name, ...rated(rating), description };
        }),
    )),
    { kind: 'host', resource: '', label: 'host', ...rated(rateRisk({ kind: 'host', resource: 'a', hours })) },
  ];
}

const rated = ({ risk, reasons }: Rating) => ({ description: inWords(reasons), risk, riskReasons: reasons });

/** Whether a tier's host, which may be `*.example.com`, is or contains another. */
const covers = (pattern: string, host: string): boolean =>
  pattern === host || (pattern.startsWith('*.') && host.replace(/^\*/, '').endsWith(pattern.slice(1)));

const hasOfItself = ({ allowed, because }: ToolStanding) => allowed && because !== 'grant';

function standingOf(facts: AgentFacts, resource: string): ToolStanding {
  const standing = rightsOf(facts).standings.find(({ tool }) => tool === resource);
  if (!standing) throw new Error(`every tool has a standing, and ${resource} has none`);
  return standing;
}

async function factsOf(db: Queryable, { organizationId, id }: TenantRow, now: Date): Promise<AgentFacts> {
  const [facts] = await listAgentFacts(db, { organizationId, tenantIds: [id] }, now);
  if (!facts) throw new ClawpoolError('not_found', 'This agent is not there any more.');
  return facts;
}

/** Names of the skills that an agent has without any grant. */
async function ownSkills(db: Queryable, tenant: TenantRow): Promise<Set<string>> {
  const { organizationId, employeeId, template } = tenant;
  const [position] = await db
    .select({ skills: positions.skills })
    .from(employees)
    .innerJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId ?? '')));
  const skills = await effectiveSkills(
    db,
    organizationId,
    [...tenant.skills, ...(template?.skills ?? []), ...(position?.skills ?? [])],
    [...tenant.skillGroups, ...(template?.skillGroups ?? [])],
  );
  return new Set(skills.map(({ name }) => name));
}
