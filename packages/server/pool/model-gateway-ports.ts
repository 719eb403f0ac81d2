import type {
  ModelFailure,
  ModelGatewayPorts,
  RefusedTool,
  TenantModelPolicy,
  ToolName,
  ToolRefusal,
  ToolStanding,
} from '@clawpool/contracts';
import { lookupToolNames } from '../assistant/assistant.ts';
import { recordAudit } from '../audit/audit-store.ts';
import { changesSomething } from '../conversations/turn.ts';
import { recordAct } from '../conversations/turn-store.ts';
import { useOnceGrants } from '../governance/approvals/grants/once-grant.ts';
import { saidFirst, settingSources } from '../governance/settings/agent-settings.ts';
import { findOverridesOfTenant } from '../governance/settings/agent-settings-store.ts';
import { type AgentFacts, listAgentFacts, rightsOf } from '../governance/tools/tool-facts-store.ts';
import { onceTools } from '../governance/tools/tool-standing.ts';
import type { Database } from '../store/database.ts';
import { insertModelCall } from '../usage/model-call-store.ts';
import { effectiveValues } from './templates/template.ts';
import { findTenant, type TenantRow } from './tenant-store.ts';

/** Model calls one turn may cause: an agent that works needs some dozens; one in a loop reaches any number. */
const maxCallsPerTurn = 60;

export interface ModelGatewayPortsOptions {
  database: Database;
  /** Model references in order of preference: the installation's model, then its fallback. */
  models: readonly [string, ...string[]];
  /** OpenClaw's names of the tools a position allows, by the tenant's image. */
  openclawTools: (tools: readonly ToolName[], image: string | null) => readonly string[];
  now?: () => Date;
}

/** What the model gateway asks and tells, answered from the database; and why a turn's last model call failed. */
export function createModelGatewayPorts({
  database,
  models,
  openclawTools,
  now = () => new Date(),
}: ModelGatewayPortsOptions): ModelGatewayPorts & {
  failureOf: (tenantId: string, turnId: string) => ModelFailure | null;
} {
  /** Kept from the failing call until the turn's end asks for it; bounded, the oldest go first. */
  const failures = new Map<string, ModelFailure>();

  async function namesFor(tenantId: string) {
    const tenant = await findTenant(database.db, tenantId);
    const image = tenant && effectiveValues(tenant).image;
    return { name: tenant?.name ?? '', namesOf: (tools: readonly ToolName[]) => openclawTools(tools, image) };
  }

  return {
    policyFor: async (tenantId): Promise<TenantModelPolicy | null> => {
      const tenant = await findTenant(database.db, tenantId);
      if (!tenant || tenant.state === 'deleted') return null;
      const { image } = effectiveValues(tenant);
      const overrides = await findOverridesOfTenant(database.db, tenant.organizationId, tenantId);
      const settings = settingSources(overrides, tenant);
      const model = saidFirst(settings, 'model')?.value ?? models[0];
      const [facts] = await listAgentFacts(database.db, { tenantId }, now());
      if (!facts) return null;
      return {
        organizationId: tenant.organizationId,
        tenantId,
        ...toolPolicyOf(facts, (tools) => openclawTools(tools, image)),
        models: [model, ...models.filter((id) => id !== model)],
        maxOutputTokens: saidFirst(settings, 'maxOutputTokens')?.value ?? null,
        maxCallsPerTurn,
        positionName: tenant.position,
        tierName: tenant.tier,
      };
    },
    recordUsage: async (usage) => {
      if (usage.turnId) {
        // The turn's id comes from the runtime, which may lie: it explains its own tenant's turns only.
        const key = keyOf(usage.tenantId, usage.turnId);
        failures.delete(key);
        if (usage.failure) failures.set(key, usage.failure);
        for (const oldest of failures.keys()) {
          if (failures.size <= 1_000) break;
          failures.delete(oldest);
        }
      }
      await insertModelCall(database.db, usage);
    },
    recordRefusal: async (refusal) => {
      const tenant = await findTenant(database.db, refusal.tenantId);
      if (!tenant) return;
      await database.db.transaction((tx) => recordAudit(tx, refusal.organizationId, refusalEvent(tenant, refusal)));
    },
    recordToolCall: async ({ tenantId, turnId, tool, argumentsText, grantedOnce }) => {
      await useOnceGrants(database, { tenantId, turnId, tool, grantedOnce }, () => namesFor(tenantId), now());
      if (!changesSomething(tool)) return;
      const act = { tool: printable(tool), arguments: printable(argumentsText), at: new Date().toISOString() };
      const runs = await recordAct(database.db, tenantId, turnId, act);
      if (!runs) throw new Error('the turn is over: nothing is done for it any more');
    },
    failureOf: (tenantId, turnId) => failures.get(keyOf(tenantId, turnId)) ?? null,
  };
}

/** The part of the policy that says what the agent may do, by OpenClaw's names. */
function toolPolicyOf(
  facts: AgentFacts,
  namesOf: (tools: readonly ToolName[]) => readonly string[],
): Pick<TenantModelPolicy, 'tools' | 'onceTools' | 'refusedCommands' | 'refusedTools'> {
  const { kind } = facts.tools;
  const { tools: allowed, standings } = rightsOf(facts);
  const once = onceTools(facts.tools);
  const isOwned = kind === 'colleague' && facts.employeeId !== null;
  const names = namesOf(allowed).filter((name) => {
    // Strangers talk to a twin: nothing they say may make the control plane do something. The admin assistant changes nothing either.
    if (kind !== 'colleague') return !name.startsWith('clawpool__');
    // What is nobody's has nobody for whom it could ask.
    return isOwned || !name.startsWith('clawpool__access_');
  });
  const otherwise = new Set(namesOf(allowed.filter((tool) => once.every((one) => one.tool !== tool))));
  const forOneTurn = once.flatMap(({ tool, turnId }) =>
    namesOf([tool])
      .filter((name) => !otherwise.has(name))
      .map((name) => [name, turnId] as const),
  );
  return {
    tools: new Set(kind === 'assistant' ? [...names, ...lookupToolNames] : names),
    onceTools: new Map(forOneTurn),
    refusedCommands: facts.commandPatterns,
    refusedTools: refusedToolsOf(standings, {
      namesOf,
      always: otherwise,
      request: !isOwned ? null : names.includes(requestTool) ? 'agent' : 'portal',
    }),
  };
}

/** OpenClaw's name of the tool by which an agent requests access; older version lines have none of ours. */
const requestTool = 'clawpool__access_request';

/** Why the agent does not always have a tool of OpenClaw's, by that tool's name. Of several that would give it, the one that can be had most easily. */
function refusedToolsOf(
  standings: readonly ToolStanding[],
  of: {
    namesOf: (tools: readonly ToolName[]) => readonly string[];
    always: ReadonlySet<string>;
    request: RefusedTool['request'];
  },
): Map<string, RefusedTool> {
  const ease = ({ because }: ToolStanding) => (because === 'grant' ? 2 : because === 'not_in_position' ? 1 : 0);
  const refused = new Map<string, RefusedTool>();
  for (const standing of [...standings].sort((a, b) => ease(b) - ease(a))) {
    const { tool, because } = standing;
    for (const name of of.namesOf([tool])) {
      if (of.always.has(name) || refused.has(name)) continue;
      // What the position lacks can be granted; nothing is granted beyond the tier, nor what nobody may use.
      refused.set(name, { tool, because, request: because === 'not_in_position' ? of.request : null });
    }
  }
  return refused;
}

const keyOf = (tenantId: string, turnId: string) => `${tenantId}/${turnId}`;

const refusalEvent = (tenant: TenantRow, { stage, tool, cause, why, offered, argumentsText, turnId }: ToolRefusal) => ({
  actor: { type: 'agent' as const, id: tenant.id, name: tenant.name },
  action: stage === 'response' ? 'tool.refused' : 'tool.withheld',
  target: { type: 'tool', id: printable(tool), name: printable(tool) },
  outcome: 'refused' as const,
  detail: {
    owner: tenant.ownerName,
    position: tenant.position,
    ...(cause === 'command' ? { cause, why: printable(why ?? '') } : {}),
    offered,
    arguments: printable(argumentsText),
    turnId,
  },
});

/** Whatever a model or a tenant made up, as PostgreSQL can hold it (no NUL), at a length a person can read. */
const printable = (text: string) => text.replaceAll('\0', '').slice(0, 500);
