import type { EgressPorts } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database } from '../../store/database.ts';
import { tenants } from '../../store/schema/index.ts';
import { listAgentFacts, rightsOf } from '../tools/tool-facts-store.ts';
import { isAmong } from './egress.ts';

/** The same refusal again is told once in this time: a program that tries on and on would fill the audit log. */
const sameRefusalMs = 60_000;

/**
 * Which hosts tenants may reach: their tier's and those granted to them, as they are now. Every connection is an audit event. A tenant that is
 * not there reaches nothing, and nobody is told.
 */
export function createEgressPorts({ db }: Database, now = () => Date.now()): EgressPorts {
  const refused = new Map<string, number>();

  function isTold(key: string): boolean {
    const at = now();
    // The oldest stand first.
    for (const [other, since] of refused) {
      if (at - since < sameRefusalMs) break;
      refused.delete(other);
    }
    if (refused.has(key)) return false;
    refused.set(key, at);
    return true;
  }

  return {
    mayConnect: async ({ tenantId, host, port, open }) => {
      const [facts] = await listAgentFacts(db, { tenantId });
      if (!facts) return false;
      const allowed = isAmong(host, rightsOf(facts).hosts);
      if (allowed && open) return true;
      if (!allowed && !isTold(`${tenantId} ${host}:${port}`)) return false;
      const [tenant] = await db.select({ name: tenants.name }).from(tenants).where(eq(tenants.id, tenantId));
      await db.transaction((tx) =>
        recordAudit(tx, facts.organizationId, {
          actor: { type: 'agent', id: tenantId, name: tenant?.name ?? tenantId },
          action: allowed ? 'egress.allowed' : open ? 'egress.ended' : 'egress.refused',
          target: { type: 'host', id: host, name: host },
          outcome: allowed ? 'allowed' : 'refused',
          detail: { port },
        }),
      );
      return allowed;
    },
  };
}
