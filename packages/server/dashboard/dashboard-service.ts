import { type Dashboard, setupStep } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { scopeOf } from '../organization/department-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { organizations } from '../store/schema/index.ts';
import {
  findFigures,
  findMidnight,
  findSetup,
  listAttention,
  listDays,
  listLargestPositions,
  listStates,
  listWays,
} from './dashboard-store.ts';

/** An organization at a glance; a manager's departments, for a manager. `hasModel`: a real model answers, not the demo's. */
export async function getDashboard(
  { db }: Database,
  principal: Principal,
  { hasModel }: { hasModel: boolean },
): Promise<Dashboard> {
  const { organizationId, roles } = principal;
  const [organization] = await db
    .select({ timezone: organizations.timezone })
    .from(organizations)
    .where(eq(organizations.id, organizationId));
  const timezone = organization?.timezone ?? 'UTC';
  const scope = { organizationId, timezone, departmentIds: await scopeOf(db, principal) };
  const [figures, days, positions, states, ways, attention, midnight, setup] = await Promise.all([
    findFigures(db, scope),
    listDays(db, scope),
    listLargestPositions(db, scope),
    listStates(db, scope),
    listWays(db, scope),
    listAttention(db, scope),
    findMidnight(db, scope),
    roles.includes('admin') ? findSetup(db, organizationId) : null,
  ]);
  const done = setup && { ...setup, model: hasModel };
  return {
    ...{ figures, days, positions, states, ways, attention, midnight },
    setup: done && setupStep.options.map((step) => ({ step, done: done[step] })),
  };
}
