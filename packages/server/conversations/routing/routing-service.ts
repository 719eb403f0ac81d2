import {
  type Assignment,
  ClawpoolError,
  type NewAuditEvent,
  type Resolution,
  type RoutingRule,
  type RoutingTarget,
} from '@clawpool/contracts';
import { and, eq, isNull } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import { lockTenant, type TenantColumns } from '../../pool/tenant-store.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { tiers } from '../../store/schema/index.ts';
import { sessionOf } from '../turn-context.ts';
import { deleteAssignment, insertAssignment, listAssignments } from './assignment-store.ts';
import { noSuchEmployee, type RouteQuestion, type Router } from './router.ts';
import { findCurrentConversation, findDepartmentOf } from './routing-facts-store.ts';
import {
  deleteRule,
  findOwnerName,
  findRule,
  listRules,
  lockRules,
  moveTenantsToTheirTiers,
  type RuleKey,
  recordMoves,
  saveRule,
  tellRoutingChanged,
} from './rule-store.ts';

/** Which rule: `ownerId` is `organization` for the organization's own. */
export interface RulePlace {
  scope: RoutingRule['scope'];
  ownerId: string;
}

/** Where messages go, and who may change it. Errors are ClawpoolErrors: `not_found`, `conflict`. */
export interface RoutingService {
  /** Why a message of an employee would go where; `session` is the one it would continue. A manager: of their own people. */
  resolve(principal: Principal, question: Omit<RouteQuestion, 'organizationId'>): Promise<Resolution>;
  /** A manager sees the rules of the organization, of positions and of their own people. */
  listRules(principal: Principal): Promise<RoutingRule[]>;
  /** A tier rule moves the own tenants of those it decides to that tier. */
  putRule(principal: Principal, place: RulePlace, target: RoutingTarget): Promise<RoutingRule>;
  /** Own tenants go back to the tier that the remaining rules say. */
  deleteRule(principal: Principal, place: RulePlace): Promise<void>;
  listAssignments(principal: Principal): Promise<Assignment[]>;
  assign(principal: Principal, tenantId: string, employeeId: string): Promise<void>;
  unassign(principal: Principal, tenantId: string, employeeId: string): Promise<void>;
}

export interface RoutingServiceOptions {
  database: Database;
  router: Router;
  /** Departments whose people the principal may see; null for all. */
  scopeOf: (principal: Principal) => Promise<readonly string[] | null>;
}

export function createRoutingService(options: RoutingServiceOptions): RoutingService {
  const { database, router, scopeOf } = options;
  const { db } = database;

  async function sees(principal: Principal, employeeId: string): Promise<boolean> {
    const departments = await scopeOf(principal);
    if (departments === null) return true;
    const department = await findDepartmentOf(db, principal.organizationId, employeeId);
    return department !== null && departments.includes(department);
  }

  /** Changes the rule at a place, and what follows from it. Returns the rule that is there then. */
  async function changeRule(
    principal: Principal,
    key: RuleKey,
    change: (tx: Transaction) => Promise<{ action: string; target: NewAuditEvent['target']; detail: object }>,
  ): Promise<RoutingRule | null> {
    const { organizationId } = principal;
    return db.transaction(async (tx) => {
      await lockRules(tx, organizationId);
      const namedTier = (await findRule(tx, key))?.tierId;
      const { action, target, detail } = await change(tx);
      const saved = await findRule(tx, key);
      const moves = namedTier || saved?.tierId ? await moveTenantsToTheirTiers(tx, key) : [];
      await recordMoves(tx, organizationId, { id: principal.userId, name: principal.name }, moves);
      await recordAudit(tx, organizationId, {
        ...{ actor: actorOf(principal), action, target, outcome: 'allowed' },
        detail: { ...detail, movedTenants: moves.length },
      });
      await markAgents(tx, organizationId, { tenantIds: moves.map(({ id }) => id) });
      await tellRoutingChanged(tx, organizationId);
      const rules = saved ? await listRules(tx, organizationId) : [];
      const isIt = ({ scope, ownerId }: RoutingRule) => scope === key.scope && ownerId === key.ownerId;
      return rules.find(isIt) ?? null;
    });
  }

  async function changeAssignment(
    principal: Principal,
    action: string,
    { tenant, employee }: { tenant: TenantColumns; employee: { id: string; name: string } },
    tx: Transaction,
  ): Promise<void> {
    await recordAudit(tx, principal.organizationId, {
      ...{ actor: actorOf(principal), action, outcome: 'allowed' },
      target: { type: 'tenant', id: tenant.id, name: tenant.name },
      detail: { employeeId: employee.id, employee: employee.name },
    });
    await tellRoutingChanged(tx, principal.organizationId);
  }

  return {
    resolve: async (principal, question) => {
      const { organizationId } = principal;
      const { employeeId, origin } = question;
      if (!(await sees(principal, employeeId))) throw noSuchEmployee(employeeId);
      const found = await router.resolve({ ...question, organizationId });
      // Schedules, the API and public pages have sessions of their own, which no employee's message continues.
      if (!found.tenant || ['api', 'twin', 'schedule', 'heartbeat'].includes(origin)) return found;
      const tenantId = found.tenant.id;
      const id = await findCurrentConversation(db, organizationId, employeeId, tenantId);
      return { ...found, session: id && sessionOf({ path: 'emp', tenantId, id }) };
    },

    listRules: async (principal) => {
      const rules = await listRules(db, principal.organizationId);
      const departments = await scopeOf(principal);
      if (departments === null) return rules;
      return rules.filter(({ departmentId }) => departmentId === null || departments.includes(departmentId));
    },

    putRule: async (principal, place, target) => {
      const { organizationId, name: updatedBy } = principal;
      const key = keyOf(organizationId, place);
      const saved = await changeRule(principal, key, async (tx) => {
        const ownerName = await findOwnerName(tx, key);
        if (ownerName === null) throw noSuchOwner(place);
        const targetName = await refuseUnusableTarget(tx, key, target);
        const tierId = target.type === 'tier' ? target.tierId : null;
        const tenantId = target.type === 'tenant' ? target.tenantId : null;
        await saveRule(tx, { ...key, tierId, tenantId, updatedBy });
        return {
          action: 'routing_rule.saved',
          target: { type: 'routing_rule', id: `${place.scope}/${place.ownerId}`, name: ownerName },
          detail: { target: { ...target }, targetName },
        };
      });
      if (!saved) throw noSuchRule();
      return saved;
    },

    deleteRule: async (principal, place) => {
      const key = keyOf(principal.organizationId, place);
      await changeRule(principal, key, async (tx) => {
        const name = (await findOwnerName(tx, key)) ?? '';
        if (!(await deleteRule(tx, key))) throw noSuchRule();
        return {
          action: 'routing_rule.deleted',
          target: { type: 'routing_rule', id: `${place.scope}/${place.ownerId}`, name },
          detail: {},
        };
      });
    },

    listAssignments: async (principal) => listAssignments(db, principal.organizationId, await scopeOf(principal)),

    assign: (principal, tenantId, employeeId) =>
      db.transaction(async (tx) => {
        const { organizationId } = principal;
        const parties = await findParties(tx, organizationId, tenantId, employeeId);
        if (parties.tenant.employeeId !== null) {
          throw new ClawpoolError(
            'conflict',
            `“${parties.tenant.name}” is somebody’s own agent and cannot be shared.`,
            'Make a tenant without an owner and share that.',
          );
        }
        if (!(await insertAssignment(tx, { organizationId, tenantId, employeeId }))) return;
        await changeAssignment(principal, 'assignment.created', parties, tx);
      }),

    unassign: (principal, tenantId, employeeId) =>
      db.transaction(async (tx) => {
        const { organizationId } = principal;
        const parties = await findParties(tx, organizationId, tenantId, employeeId);
        if (!(await deleteAssignment(tx, { organizationId, tenantId, employeeId }))) {
          throw new ClawpoolError('not_found', `“${parties.tenant.name}” is not shared with ${parties.employee.name}.`);
        }
        await changeAssignment(principal, 'assignment.deleted', parties, tx);
      }),
  };
}

const actorOf = ({ userId, name }: Principal) => ({ type: 'person' as const, id: userId, name });

const keyOf = (organizationId: string, { scope, ownerId }: RulePlace): RuleKey => {
  if (scope !== 'organization') return { organizationId, scope, ownerId };
  if (ownerId !== 'organization') throw noSuchOwner({ scope, ownerId });
  return { organizationId, scope, ownerId: '' };
};

/** Locks the tenant, so that it is not deleted meanwhile. Returns the target's name. */
async function refuseUnusableTarget(tx: Transaction, key: RuleKey, target: RoutingTarget): Promise<string> {
  const { organizationId, scope, ownerId } = key;
  if (target.type === 'tier') return tierName(tx, organizationId, target.tierId);
  const tenant = await lockTenant(tx, organizationId, target.tenantId);
  if (!tenant || tenant.state === 'deleted') throw noSuchTenant(target.tenantId);
  if (tenant.employeeId !== null && !(scope === 'employee' && tenant.employeeId === ownerId)) {
    throw new ClawpoolError(
      'conflict',
      `“${tenant.name}” is somebody’s own agent: messages of others cannot go there.`,
      'Choose a tenant without an owner, or a tier.',
    );
  }
  return tenant.name;
}

async function tierName(db: Queryable, organizationId: string, tierId: string): Promise<string> {
  const [tier] = await db
    .select({ name: tiers.name })
    .from(tiers)
    .where(and(eq(tiers.organizationId, organizationId), eq(tiers.id, tierId), isNull(tiers.deletedAt)))
    // It is not deleted before the rule names it.
    .for('key share');
  if (tier) return tier.name;
  throw new ClawpoolError('not_found', `There is no tier “${tierId}”.`, 'Choose one of the organization’s tiers.');
}

async function findParties(tx: Transaction, organizationId: string, tenantId: string, employeeId: string) {
  const tenant = await lockTenant(tx, organizationId, tenantId);
  if (!tenant || tenant.state === 'deleted') throw noSuchTenant(tenantId);
  const name = await findOwnerName(tx, { organizationId, scope: 'employee', ownerId: employeeId });
  if (name === null) throw noSuchEmployee(employeeId);
  return { tenant, employee: { id: employeeId, name } };
}

const noSuchTenant = (tenantId: string) =>
  new ClawpoolError('not_found', `There is no tenant “${tenantId}”.`, '`clawpool tenants` lists them.');

const noSuchRule = () => new ClawpoolError('not_found', 'There is no such rule.', 'It may have been removed already.');

const noSuchOwner = ({ scope, ownerId }: RulePlace) =>
  new ClawpoolError(
    'not_found',
    `There is no ${scope} “${ownerId}”.`,
    scope === 'organization' ? 'The organization’s own rule is `organization/organization`.' : undefined,
  );
