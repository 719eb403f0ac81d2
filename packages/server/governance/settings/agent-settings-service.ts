import {
  type AgentSettings,
  ClawpoolError,
  type EffectiveSettings,
  type ModelChoice,
  type SettingsRow,
  type SettingsScope,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import { findTenant, type TenantRow } from '../../pool/tenant-store.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { complete, effectiveSettings, settingSources, spoken } from './agent-settings.ts';
import {
  agentsOf,
  deleteSettings,
  findOverridesOfTenant,
  findSettings,
  findSettingsOwner,
  listNamedModels,
  listSettings,
  type SettingsKey,
  type StoredSettings,
  saveSettings,
} from './agent-settings-store.ts';

/** What is narrower than tiers: model and conversation per organization, position and person. It holds from the next turn on. */
export interface AgentSettingsService {
  list(principal: Principal): Promise<{ rows: SettingsRow[]; models: string[] }>;
  /** All null removes it; null is returned then. Errors: `not_found`, `not_allowed`, `invalid_request` for a model there is not, `conflict`. */
  save(
    principal: Principal,
    owner: { scope: SettingsScope; ownerId: string },
    change: { settings: AgentSettings; expectedVersion: number },
  ): Promise<SettingsRow | null>;
  /** Of one's own agent, or one in scope. Error: `not_found`. */
  effective(principal: Principal, tenantId: string): Promise<EffectiveSettings>;
  /** The model that answers for a tenant, `provider/model`. */
  modelOf(tenant: TenantRow): Promise<string>;
}

export interface AgentSettingsOptions {
  database: Database;
  /** Model references the installation is configured with. */
  models: readonly string[];
  /** What holds where nobody says anything. */
  installation: ModelChoice;
}

export function createAgentSettingsService({
  database: { db },
  models,
  installation,
}: AgentSettingsOptions): AgentSettingsService {
  const modelsOf = async (queryable: Queryable, organizationId: string) =>
    [...new Set([...models, ...(await listNamedModels(queryable, organizationId))])].sort();

  async function effectiveOf(tenant: TenantRow): Promise<EffectiveSettings> {
    const overrides = await findOverridesOfTenant(db, tenant.organizationId, tenant.id);
    return effectiveSettings(settingSources(overrides, tenant), installation);
  }

  return {
    list: async (principal) => {
      const { organizationId } = principal;
      const rows = await listSettings(db, organizationId, await scopeOf(db, principal));
      return { rows: rows.map(shown), models: await modelsOf(db, organizationId) };
    },

    save: async (principal, { scope, ownerId }, { settings, expectedVersion }) => {
      const { organizationId, name } = principal;
      const key = settingsKey(scope, ownerId);
      return db.transaction(async (tx) => {
        const owner = key && (await findSettingsOwner(tx, organizationId, key));
        if (!key || !owner) throw new ClawpoolError('not_found', `There is no such ${scope}.`);
        if (scope === 'organization') requirePolicy(principal);
        await refuseUnknownModel(settings.model, () => modelsOf(tx, organizationId));
        const said = spoken(settings);
        const removes = Object.keys(said).length === 0;
        if (removes && expectedVersion === 0 && !(await findSettings(tx, organizationId, key))) return null;
        const done = removes
          ? await deleteSettings(tx, organizationId, key, expectedVersion)
          : await saveSettings(tx, organizationId, key, { settings: said, expectedVersion, updatedBy: name });
        if (!done) throw await changedMeanwhile(tx, organizationId, key);
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: principal.userId, name },
          action: removes ? 'agent_settings.removed' : 'agent_settings.saved',
          target: { type: 'agent-settings', id: `${scope}/${ownerId}`, name: owner.name },
          outcome: 'allowed',
          detail: { scope, ...said },
        });
        await markAgents(tx, organizationId, agentsOf(key));
        const row = await findSettings(tx, organizationId, key);
        return row && shown(row);
      });
    },

    effective: async (principal, tenantId) => {
      const tenant = await findTenant(db, tenantId);
      if (!tenant || tenant.state === 'deleted' || !(await sees(db, principal, tenant))) {
        throw new ClawpoolError('not_found', 'There is no such agent.', 'The list of agents has those you can see.');
      }
      return effectiveOf(tenant);
    },

    modelOf: async (tenant) => (await effectiveOf(tenant)).model.value,
  };
}

async function sees(db: Queryable, principal: Principal, tenant: TenantRow): Promise<boolean> {
  if (tenant.organizationId !== principal.organizationId) return false;
  if (tenant.employeeId !== null && tenant.employeeId === principal.employeeId) return true;
  const scope = await scopeOf(db, principal);
  return scope === null || (tenant.departmentId !== null && scope.includes(tenant.departmentId));
}

function settingsKey(scope: SettingsScope, shownOwnerId: string): SettingsKey | null {
  if (scope === 'organization') return shownOwnerId === '-' ? { scope, ownerId: '' } : null;
  return { scope, ownerId: shownOwnerId };
}

function requirePolicy({ permissions }: Principal): void {
  if (permissions?.includes('policy')) return;
  throw new ClawpoolError(
    'not_allowed',
    'What holds for everybody is decided by admins with the permission “policy”.',
    'Ask one of them, or set it for a position or a person.',
  );
}

async function refuseUnknownModel(model: string | null, known: () => Promise<string[]>): Promise<void> {
  if (model === null) return;
  const models = await known();
  if (models.includes(model)) return;
  throw new ClawpoolError('invalid_request', `There is no model “${model}” here.`, `There are: ${models.join(', ')}.`, {
    details: { models },
  });
}

async function changedMeanwhile(tx: Transaction, organizationId: string, key: SettingsKey): Promise<ClawpoolError> {
  const now = await findSettings(tx, organizationId, key);
  return new ClawpoolError(
    'conflict',
    now ? `${now.updatedBy} has changed these settings meanwhile.` : 'These settings are gone.',
    'Look at what holds now, then repeat your change.',
    { details: now ? shown(now) : { version: 0, settings: complete({}) } },
  );
}

const shown = (row: StoredSettings): SettingsRow => ({
  ...{ scope: row.scope, ownerId: row.ownerId === '' ? '-' : row.ownerId, ownerName: row.ownerName },
  ...{ settings: complete(row.settings), version: row.version, updatedBy: row.updatedBy, affected: row.affected },
  updatedAt: row.updatedAt.toISOString(),
});
