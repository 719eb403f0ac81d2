import { and, eq } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { departments, employees } from '../store/schema/index.ts';
import type { Principal } from './principal.ts';
import { departmentsInScope } from './scope.ts';

/** Ids of the departments a principal may see; null: all. */
export async function scopeOf(db: Queryable, principal: Principal): Promise<readonly string[] | null> {
  const { organizationId, employeeId } = principal;
  const all = await db
    .select({ id: departments.id, parentId: departments.parentId })
    .from(departments)
    .where(eq(departments.organizationId, organizationId));
  const [own] =
    employeeId === null
      ? []
      : await db
          .select({ departmentId: employees.departmentId })
          .from(employees)
          .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  return departmentsInScope(principal, own?.departmentId ?? null, all);
}
