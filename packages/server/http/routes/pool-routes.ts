import { type NewAuditEvent, poolRoutes } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { LoadTestService } from '../../pool/load-tests/load-test-service.ts';
import { findQuotas, saveQuotas, usedOf } from '../../pool/quotas/quota-store.ts';
import { listDrifts } from '../../pool/upkeep/drift-store.ts';
import { countOperations, type PoolHosts, showHosts } from '../../pool/upkeep/pool-view.ts';
import type { Upkeep } from '../../pool/upkeep/upkeep.ts';
import type { WarmSlots } from '../../pool/warm-slots/warm-slots.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface PoolRoutesOptions {
  database: Database;
  hosts: PoolHosts;
  slots: WarmSlots;
  upkeep: Upkeep;
  loadTests: LoadTestService;
}

const shownDrifts = 200;

export function registerPoolRoutes(app: HttpApp, options: PoolRoutesOptions): void {
  const { database, hosts, slots, upkeep, loadTests } = options;
  registerRoutes(app, poolRoutes, {
    pool: async ({ principal: { organizationId } }) => ({
      hosts: await showHosts(database.db, hosts),
      warmSlots: await slots.status(organizationId),
      drifts: await listDrifts(database.db, organizationId, shownDrifts),
      reconciledAt: upkeep.reconciledAt()?.toISOString() ?? null,
      operations: await countOperations(database.db, organizationId),
    }),
    reconcilePool: async ({ principal }) => {
      await recordAudit(database.db, principal.organizationId, {
        ...{ actor: actorOf(principal), action: 'pool.reconciled', target: null, outcome: 'allowed', detail: {} },
      });
      const found = await upkeep.reconcileNow();
      // Another organization's tenants are none of this one's business.
      const shown = new Set((await listDrifts(database.db, principal.organizationId, shownDrifts)).map(({ id }) => id));
      return { drifts: found.filter(({ id }) => shown.has(id)) };
    },
    setWarmSlots: ({ principal, params, body }) =>
      slots.setBounds(principal.organizationId, params.tier, body, actorOf(principal)),
    quotas: async ({ principal: { organizationId } }) => ({
      quotas: await findQuotas(database.db, organizationId),
      used: await usedOf(database.db, organizationId),
    }),
    setQuotas: async ({ principal, body }) => {
      await database.db.transaction(async (tx) => {
        const before = await findQuotas(tx, principal.organizationId);
        await saveQuotas(tx, principal.organizationId, body);
        await recordAudit(tx, principal.organizationId, {
          ...{ actor: actorOf(principal), action: 'pool.quotas_changed', target: null, outcome: 'allowed' },
          detail: { before, after: body },
        });
      });
      return body;
    },
    startLoadTest: ({ principal, body }) =>
      loadTests.start({ organizationId: principal.organizationId, ...body, actor: actorOf(principal) }),
    listLoadTests: async ({ principal }) => ({ loadTests: await loadTests.list(principal.organizationId) }),
    loadTest: ({ principal, params }) => loadTests.find(principal.organizationId, params.loadTestId),
    cleanUpLoadTest: ({ principal, params }) =>
      loadTests.cleanUp(principal.organizationId, params.loadTestId, actorOf(principal)),
  });
}

const actorOf = ({ userId, name }: Principal): NewAuditEvent['actor'] => ({ type: 'person', id: userId, name });
