import type { DirectoryVendor } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { lockOrganization, takenIds, tellPeopleChanged } from '../../organization/people/people-store.ts';
import { type AuditActor, freeName, idOf } from '../../organization/people/person.ts';
import type { Transaction } from '../../store/database.ts';
import { departments } from '../../store/schema/index.ts';
import type { DepartmentPlan } from './department-plan.ts';
import { releaseDepartments } from './facts-store.ts';

/** Makes the departments what the plan says, all of them or none. Returns the ids of the platform's departments, by its own ids. */
export async function applyDepartments(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { vendor, plan }: { vendor: DirectoryVendor; plan: DepartmentPlan },
): Promise<Map<string | null, string>> {
  const ids = new Map(plan.idOf);
  if (plan.created.length + plan.changed.length + plan.released.length === 0) return ids;
  await lockOrganization(tx, organizationId);
  const told = (action: string, id: string, name: string, detail: Record<string, unknown>) =>
    recordAudit(tx, organizationId, {
      ...{ actor, action, detail, outcome: 'allowed' as const },
      target: { type: 'department', id, name },
    });

  for (const { externalId, name, parentExternalId } of plan.created) {
    const parentId = parentExternalId === null ? null : (ids.get(parentExternalId) ?? null);
    const wanted = idOf([name], 'department');
    const id = freeName(wanted, await takenIds(tx, organizationId, departments, wanted));
    await tx.insert(departments).values({ organizationId, id, name, parentId, source: vendor, externalId });
    ids.set(externalId, id);
    await told('department.created', id, name, { parentId, source: vendor });
  }
  for (const { id, externalId, name, parentExternalId } of plan.changed) {
    const parentId = parentExternalId === null ? null : (ids.get(parentExternalId) ?? null);
    await tx
      .update(departments)
      .set({ name, parentId, source: vendor, externalId })
      .where(and(eq(departments.organizationId, organizationId), eq(departments.id, id)));
    await told('department.changed', id, name, { parentId, source: vendor });
  }
  await releaseDepartments(
    tx,
    organizationId,
    plan.released.map(({ id }) => id),
  );
  for (const { id, name } of plan.released) await told('department.released', id, name, { source: vendor });
  await tellPeopleChanged(tx, organizationId);
  return ids;
}
