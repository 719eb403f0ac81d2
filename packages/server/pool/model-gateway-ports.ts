import type { ModelFailure, ModelGatewayPorts, TenantModelPolicy, ToolName, ToolRefusal } from '@clawpool/contracts';
import { lookupToolNames } from '../assistant/assistant.ts';
import { recordAudit } from '../audit/audit-store.ts';
import { changesSomething } from '../conversations/turn.ts';
import { recordAct } from '../conversations/turn-store.ts';
import { allowedTools } from '../organization/position.ts';
import type { Database } from '../store/database.ts';
import { isTwin } from '../twins/twin-store.ts';
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
}

/** What the model gateway asks and tells, answered from the database; and why a turn's last model call failed. */
export function createModelGatewayPorts({
  database,
  models,
  openclawTools,
}: ModelGatewayPortsOptions): ModelGatewayPorts & {
  failureOf: (tenantId: string, turnId: string) => ModelFailure | null;
} {
  /** Kept from the failing call until the turn's end asks for it; bounded, the oldest go first. */
  const failures = new Map<string, ModelFailure>();

  return {
    policyFor: async (tenantId): Promise<TenantModelPolicy | null> => {
      const tenant = await findTenant(database.db, tenantId);
      if (!tenant || tenant.state === 'deleted') return null;
      const { model, image } = effectiveValues(tenant);
      const names = openclawTools(
        allowedTools(tenant.positionTools ?? tenant.toolsCeiling, tenant.toolsCeiling),
        image,
      );
      // Strangers talk to a twin: nothing they say may make the control plane do something. The admin assistant changes nothing either.
      const actsNowhere = tenant.isAssistant || (tenant.employeeId === null && (await isTwin(database.db, tenantId)));
      const own = actsNowhere ? names.filter((name) => !name.startsWith('clawpool__')) : names;
      return {
        organizationId: tenant.organizationId,
        tenantId,
        tools: new Set(tenant.isAssistant ? [...own, ...lookupToolNames] : own),
        models: model === null ? models : [model, ...models.filter((id) => id !== model)],
        maxCallsPerTurn,
        positionName: tenant.position ?? tenant.tier,
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
    recordToolCall: async ({ tenantId, turnId, tool, argumentsText }) => {
      if (!changesSomething(tool)) return;
      const act = { tool: printable(tool), arguments: printable(argumentsText), at: new Date().toISOString() };
      const runs = await recordAct(database.db, tenantId, turnId, act);
      if (!runs) throw new Error('the turn is over: nothing is done for it any more');
    },
    failureOf: (tenantId, turnId) => failures.get(keyOf(tenantId, turnId)) ?? null,
  };
}

const keyOf = (tenantId: string, turnId: string) => `${tenantId}/${turnId}`;

const refusalEvent = (tenant: TenantRow, { stage, tool, offered, argumentsText, turnId }: ToolRefusal) => ({
  actor: { type: 'agent' as const, id: tenant.id, name: tenant.name },
  action: stage === 'response' ? 'tool.refused' : 'tool.withheld',
  target: { type: 'tool', id: printable(tool), name: printable(tool) },
  outcome: 'refused' as const,
  detail: {
    owner: tenant.ownerName,
    position: tenant.position,
    offered,
    arguments: printable(argumentsText),
    turnId,
  },
});

/** Whatever a model or a tenant made up, as PostgreSQL can hold it (no NUL), at a length a person can read. */
const printable = (text: string) => text.replaceAll('\0', '').slice(0, 500);
