import { sql } from 'drizzle-orm';
import type { Work } from '../operations/world.ts';

/** How many that could give way are looked at before the tenant waits for room. */
const mostVictims = 5;

/**
 * Room for a tenant that has to start: a warm slot gives way first, then, where somebody waits for the tenant, the one that has been idle
 * longest. False: nothing could be freed. A host's id: only there.
 */
export async function makeRoom(work: Work, { hostId, tenantId }: { hostId: string | null; tenantId: string }) {
  const { world, operation, signal } = work;
  if (((await world.slots()?.yieldRoom(hostId, 1)) ?? 0) > 0) return true;
  // Whoever fills the pool on purpose, a load test for one, does not push others out for it.
  if (operation.kind === 'create' || requestedByNobody.has(operation.requestedBy)) return false;
  for (const victim of await longestIdle(work, hostId, tenantId)) {
    if (signal.aborted) return false;
    if (await world.hibernateNow(victim, 'room')) return true;
  }
  return false;
}

const requestedByNobody: ReadonlySet<string> = new Set(['batch', 'timetable', 'always-on']);

async function longestIdle({ world }: Work, hostId: string | null, exceptTenantId: string) {
  const busy = [...world.runtimes.busy(), exceptTenantId];
  const { rows } = await world.database.db.execute<{ organization_id: string; id: string }>(sql`
    select t.organization_id, t.id from tenants t
    join tiers r on r.organization_id = t.organization_id and r.id = t.tier_id
    where t.state = 'running' and not r.always_on
      and (${hostId}::text is null or t.host_id = ${hostId})
      and not (t.id = any(${sql.param(busy)}::text[]))
      and not exists (select from operations o where o.organization_id = t.organization_id and o.tenant_id = t.id and o.finished_at is null)
      and not exists (select from turns u where u.organization_id = t.organization_id and u.tenant_id = t.id
        and u.finished_at is null and u.lease_owner is not null)
    order by coalesce(t.last_active_at, t.state_since) limit ${mostVictims}`);
  return rows.map((row) => ({ organizationId: row.organization_id, tenantId: row.id }));
}
