import type { Department, Removal } from '@clawpool/contracts';
import type { Database, Queryable } from '../../store/database.ts';
import { scopeOf } from '../department-store.ts';
import { type Principal, personActor } from '../principal.ts';
import { departmentRemoval, findDepartmentRow, listDepartments } from './department-store.ts';
import { addDepartment, noSuchDepartment, removeDepartment, updateDepartment } from './department-writer.ts';

/** The departments a principal may see, by name. */
export async function departmentsOf({ db }: Database, principal: Principal): Promise<Department[]> {
  return listDepartments(db, principal.organizationId, await scopeOf(db, principal));
}

export interface DepartmentInput {
  id?: string | undefined;
  name: string;
  parentId: string | null;
}

/** Errors: see `addDepartment`. */
export function createDepartment({ db }: Database, principal: Principal, input: DepartmentInput): Promise<Department> {
  const { organizationId } = principal;
  return db.transaction(async (tx) => {
    const id = await addDepartment(tx, organizationId, personActor(principal), { ...input, source: 'local' });
    return shown(tx, organizationId, id);
  });
}

/** Errors: see `updateDepartment`. */
export function changeDepartment(
  { db }: Database,
  principal: Principal,
  departmentId: string,
  change: { name?: string | undefined; parentId?: string | null | undefined },
): Promise<Department> {
  const { organizationId } = principal;
  return db.transaction(async (tx) => {
    await updateDepartment(tx, organizationId, personActor(principal), departmentId, change);
    return shown(tx, organizationId, departmentId);
  });
}

/** Error: `not_found`. */
export async function removalOfDepartment(
  { db }: Database,
  { organizationId }: Principal,
  departmentId: string,
): Promise<Removal> {
  const found = await findDepartmentRow(db, organizationId, departmentId);
  if (!found) throw noSuchDepartment(departmentId);
  return departmentRemoval(db, organizationId, found);
}

/** Errors: see `removeDepartment`. */
export function deleteDepartment(
  { db }: Database,
  principal: Principal,
  departmentId: string,
  { force }: { force: boolean },
): Promise<void> {
  return db.transaction((tx) =>
    removeDepartment(tx, principal.organizationId, personActor(principal), departmentId, { force }),
  );
}

async function shown(db: Queryable, organizationId: string, id: string): Promise<Department> {
  const found = (await listDepartments(db, organizationId, null)).find((department) => department.id === id);
  if (!found) throw noSuchDepartment(id);
  return found;
}
