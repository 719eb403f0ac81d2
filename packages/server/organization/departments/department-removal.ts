import type { Role } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { departments, employees, identityProviders, members, positions } from '../../store/schema/index.ts';
import { recordAll } from '../people/people-store.ts';
import type { AuditActor } from '../people/person.ts';
import { managersOf } from './department-store.ts';

/**
 * What is in a department moves up to its parent; what is below it too. Who managed it manages no more: from the parent, the role would reach
 * all that is beside it. Whom identity providers create there is created in the parent; on top, they create nobody any more. Each person and
 * position that moved is in the trail.
 */
export async function leaveDepartment(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { id, name, parentId }: { id: string; name: string; parentId: string | null },
): Promise<void> {
  if (parentId !== null) await moveUp(tx, organizationId, actor, { id, name, parentId });
  await tx
    .update(departments)
    .set({ parentId })
    .where(and(eq(departments.organizationId, organizationId), eq(departments.parentId, id)));
  await tx
    .update(identityProviders)
    .set({ departmentId: parentId, ...(parentId === null ? { autoCreate: false } : {}), updatedAt: new Date() })
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.departmentId, id)));
}

async function moveUp(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { id, name, parentId }: { id: string; name: string; parentId: string },
): Promise<void> {
  const cause = `department ${name} removed`;
  const demoted = new Map<string, { from: string[]; to: string[] }>();
  for (const { id: employeeId, userId, roles } of await managersOf(tx, organizationId, id)) {
    const left = roles.filter((role) => role !== 'manager');
    const to: string[] = left.length === 0 ? ['employee' satisfies Role] : left;
    await tx
      .update(members)
      .set({ roles: to })
      .where(and(eq(members.organizationId, organizationId), eq(members.userId, userId)));
    demoted.set(employeeId, { from: roles, to });
  }
  const people = await tx
    .update(employees)
    .set({ departmentId: parentId })
    .where(and(eq(employees.organizationId, organizationId), eq(employees.departmentId, id)))
    .returning({ id: employees.id, name: employees.name });
  const ofIt = await tx
    .update(positions)
    .set({ departmentId: parentId })
    .where(and(eq(positions.organizationId, organizationId), eq(positions.departmentId, id)))
    .returning({ id: positions.id, name: positions.name });
  const departmentId = { from: id, to: parentId };
  const moved = { actor, outcome: 'allowed' as const };
  await recordAll(tx, organizationId, [
    ...people.map((person) => {
      const roles = demoted.get(person.id);
      const changes = { departmentId, ...(roles ? { roles } : {}) };
      return {
        ...{ ...moved, action: 'employee.changed', target: { type: 'employee', ...person } },
        detail: { changes, cause },
      };
    }),
    ...ofIt.map((position) => ({
      ...{ ...moved, action: 'position.changed', target: { type: 'position', ...position } },
      detail: { changes: { departmentId }, cause },
    })),
  ]);
}
