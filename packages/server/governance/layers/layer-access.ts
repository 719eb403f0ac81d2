import { ClawpoolError, type LayerScope } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Queryable } from '../../store/database.ts';
import { employees } from '../../store/schema/index.ts';
import { type LayerKey, type LayerOwner, type LayerRights, layerKey, rightsOn, type Standing } from './layer.ts';
import { findOwner } from './layer-store.ts';

export interface OpenLayer {
  key: LayerKey;
  owner: LayerOwner;
  rights: LayerRights;
}

/** A layer that the principal may read, as the API names it. What they may not see does not exist for them: `not_found`. */
export async function openLayer(
  db: Queryable,
  principal: Principal,
  scope: LayerScope,
  shownOwnerId: string,
): Promise<OpenLayer> {
  const key = layerKey(scope, shownOwnerId);
  const owner = key && (await findOwner(db, principal.organizationId, key));
  const rights = key && owner && rightsOn(key, owner, principal, await standingOf(db, principal));
  if (!key || !owner || !rights?.read) {
    throw new ClawpoolError('not_found', 'There is no such layer.', 'The list of layers has those you can see.');
  }
  return { key, owner, rights };
}

/** Where a principal stands in the organization. */
export async function standingOf(db: Queryable, principal: Principal): Promise<Standing> {
  const { organizationId, employeeId, roles } = principal;
  const [own] =
    employeeId === null
      ? []
      : await db
          .select({ positionId: employees.positionId })
          .from(employees)
          .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  return {
    sees: await seesOf(db, principal),
    // What somebody leads does not grow by other roles that let them see more.
    leads: roles.includes('manager') ? ((await scopeOf(db, { ...principal, roles: ['manager'] })) ?? []) : [],
    employeeId,
    positionId: own?.positionId ?? null,
  };
}

/** Departments whose people's layers the principal reads; null: all. Whoever runs the installation has no business with what people write of themselves. */
export const seesOf = (db: Queryable, principal: Principal): Promise<readonly string[] | null> =>
  scopeOf(db, { ...principal, roles: principal.roles.filter((role) => role !== 'operator') });
