import { ClawpoolError, type DirectorySource, deepestDepartment } from '@clawpool/contracts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Transaction } from '../../store/database.ts';
import { departments } from '../../store/schema/index.ts';
import { lockOrganization, takenIds, tellPeopleChanged } from '../people/people-store.ts';
import { type AuditActor, freeName, idOf, sourceNames } from '../people/person.ts';
import { subtree } from '../scope.ts';
import { leaveDepartment } from './department-removal.ts';
import { departmentRemoval, findDepartmentRow } from './department-store.ts';

export interface NewDepartment {
  id?: string | undefined;
  name: string;
  parentId: string | null;
  source: DirectorySource;
  externalId?: string | null | undefined;
}

/** Each function works in its caller's transaction. Makes a department. Errors: `conflict` (id, or the name beside it), `invalid_request` (parent). */
export async function addDepartment(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { id: wantedId, name, parentId, source, externalId = null }: NewDepartment,
): Promise<string> {
  await lockOrganization(tx, organizationId);
  if (parentId !== null) await refuseUnknownParent(tx, organizationId, parentId);
  await refuseNamesake(tx, organizationId, { parentId, name });
  const wanted = idOf([name], 'department');
  const id = wantedId ?? freeName(wanted, await takenIds(tx, organizationId, departments, wanted));
  if (wantedId !== undefined && (await findDepartmentRow(tx, organizationId, wantedId))) {
    throw new ClawpoolError('conflict', `There is a department “${wantedId}” already.`, 'Choose another id.');
  }
  await tx.insert(departments).values({ organizationId, id, name, parentId, source, externalId });
  await recordAudit(tx, organizationId, {
    actor,
    action: 'department.created',
    target: { type: 'department', id, name },
    outcome: 'allowed',
    detail: { parentId, source },
  });
  return id;
}

/**
 * Renames a department, or moves it. Nothing is written where nothing differs.
 *
 * @param by who says so: what came from a directory is changed by that directory alone
 * @throws ClawpoolError `not_found`; `conflict` (below itself, the name beside it, a directory's); `invalid_request` (parent)
 */
export async function updateDepartment(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  departmentId: string,
  change: {
    name?: string | undefined;
    parentId?: string | null | undefined;
    source?: DirectorySource;
    externalId?: string | null;
  },
  by: DirectorySource = change.source ?? 'local',
): Promise<void> {
  await lockOrganization(tx, organizationId);
  const before = await findDepartmentRow(tx, organizationId, departmentId);
  if (!before) throw noSuchDepartment(departmentId);
  const { name = before.name, parentId = before.parentId } = change;
  const { source = before.source, externalId = before.externalId } = change;
  const after = { name, parentId, source, externalId };
  const fields = Object.keys(after) as (keyof typeof after)[];
  const changed = fields.filter((field) => before[field] !== after[field]);
  if (changed.length === 0) return;
  if (before.source !== 'local' && before.source !== by) {
    throw new ClawpoolError(
      'conflict',
      `${before.name} comes from ${sourceNames[before.source]}.`,
      'Change it there; it is here after the next synchronisation.',
    );
  }
  if (parentId !== before.parentId && parentId !== null) {
    await refuseUnknownParent(tx, organizationId, parentId);
    await refuseCycle(tx, organizationId, before, parentId);
  }
  await refuseNamesake(tx, organizationId, { parentId, name, except: departmentId });
  await tx
    .update(departments)
    .set(after)
    .where(and(eq(departments.organizationId, organizationId), eq(departments.id, departmentId)));
  await recordAudit(tx, organizationId, {
    actor,
    action: 'department.changed',
    target: { type: 'department', id: departmentId, name },
    outcome: 'allowed',
    detail: { changes: Object.fromEntries(changed.map((field) => [field, { from: before[field], to: after[field] }])) },
  });
  if (name !== before.name) await tellPeopleChanged(tx, organizationId);
}

/**
 * Deletes a department. The rule of what is in it: nobody and nothing is lost. Forced, its people, positions and departments move up to its
 * parent, and its managers are no managers any more; on top, departments below it are on top afterwards, and while people or positions are directly in it, it is refused.
 * Errors: `not_found`; `conflict`, with `details: Removal`.
 */
export async function removeDepartment(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  departmentId: string,
  { force }: { force: boolean },
): Promise<void> {
  await lockOrganization(tx, organizationId);
  const found = await findDepartmentRow(tx, organizationId, departmentId);
  if (!found) throw noSuchDepartment(departmentId);
  const removal = await departmentRemoval(tx, organizationId, found);
  const { departments: below, positions: ofIt, employees: people, managers, providers } = removal;
  if (removal.refusal !== null) {
    const hint =
      found.parentId === null
        ? 'Move them to another department first.'
        : 'Take them out of the group, or change the mapping, first.';
    throw new ClawpoolError('conflict', removal.refusal, hint, { details: removal });
  }
  if (!force && below.count + ofIt.count + people.count === 0 && providers.count > 0) {
    throw new ClawpoolError(
      'conflict',
      `Identity providers create people in ${found.name}: ${providers.names.join(', ')}.`,
      'Choose another department there, or force it.',
      { details: removal },
    );
  }
  if (!force && below.count + ofIt.count + people.count > 0) {
    throw new ClawpoolError(
      'conflict',
      `${found.name} is not empty: ${counted(below.count, 'department')}, ${counted(ofIt.count, 'position')}, ${counted(people.count, 'person', 'people')}.`,
      removal.movesTo === null
        ? 'Move them first, or force it: what is below is on top then.'
        : `Move them first, or force it: they move to ${removal.movesTo} then.`,
      { details: removal },
    );
  }
  const parentId = found.parentId;
  await leaveDepartment(tx, organizationId, actor, found);
  await tx
    .delete(departments)
    .where(and(eq(departments.organizationId, organizationId), eq(departments.id, departmentId)));
  await recordAudit(tx, organizationId, {
    actor,
    action: 'department.removed',
    target: { type: 'department', id: departmentId, name: found.name },
    outcome: 'allowed',
    detail: {
      ...{ movedTo: parentId, departments: below.count, positions: ofIt.count, employees: people.count },
      ...{ managers: managers.count, providers: providers.names },
    },
  });
  await tellPeopleChanged(tx, organizationId);
}

/**
 * The department at the end of a path of names from the top; those that are missing are made. Names are compared without regard to case.
 * Error: `invalid_request` for a path that is empty, or too deep.
 */
export function ensureDepartmentPath(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  path: readonly string[],
  source: DirectorySource,
): Promise<string> {
  return departmentMaker(tx, organizationId, actor, source)(path);
}

/** `ensureDepartmentPath` for many paths: each department is looked up once. `onMade` is told of those that were missing. */
export function departmentMaker(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  source: DirectorySource,
  onMade: (departmentId: string) => void = () => {},
): (path: readonly string[]) => Promise<string> {
  const known = new Map<string, string>();
  const child = async (parentId: string | null, name: string): Promise<string> => {
    const found = await findChild(tx, organizationId, { parentId, name });
    if (found) return found.id;
    const made = await addDepartment(tx, organizationId, actor, { parentId, name, source });
    onMade(made);
    return made;
  };
  return async (path) => {
    await lockOrganization(tx, organizationId);
    let parentId: string | null = null;
    const names = path.map((one) => one.trim()).filter((one) => one !== '');
    if (names.length > deepestDepartment) {
      throw new ClawpoolError(
        'invalid_request',
        `A department is at most ${deepestDepartment} levels deep.`,
        'Leave some of its levels out.',
      );
    }
    for (const name of names) {
      const key: string = JSON.stringify([parentId, name.toLowerCase()]);
      parentId = known.get(key) ?? (await child(parentId, name));
      known.set(key, parentId);
    }
    if (parentId !== null) return parentId;
    throw new ClawpoolError('invalid_request', 'A department has a name.', 'Write it as “Engineering / Backend”.');
  };
}

export const noSuchDepartment = (departmentId: string) =>
  new ClawpoolError('not_found', `There is no department “${departmentId}”.`, 'Check the department’s id.');

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

async function findChild(
  tx: Transaction,
  organizationId: string,
  { parentId, name, except }: { parentId: string | null; name: string; except?: string },
): Promise<{ id: string } | null> {
  const [found] = await tx
    .select({ id: departments.id })
    .from(departments)
    .where(
      and(
        eq(departments.organizationId, organizationId),
        parentId === null ? isNull(departments.parentId) : eq(departments.parentId, parentId),
        sql`lower(${departments.name}) = lower(${name})`,
        except === undefined ? undefined : sql`${departments.id} <> ${except}`,
      ),
    )
    .orderBy(departments.createdAt, departments.id)
    .limit(1);
  return found ?? null;
}

/** Paths of names, as files and directories write them, lead to one department each. */
async function refuseNamesake(
  tx: Transaction,
  organizationId: string,
  place: { parentId: string | null; name: string; except?: string },
): Promise<void> {
  if (!(await findChild(tx, organizationId, place))) return;
  throw new ClawpoolError('conflict', `There is a department “${place.name}” there already.`, 'Choose another name.');
}

async function refuseUnknownParent(tx: Transaction, organizationId: string, parentId: string): Promise<void> {
  if (await findDepartmentRow(tx, organizationId, parentId)) return;
  throw new ClawpoolError('invalid_request', `There is no department “${parentId}”.`, 'Choose another parent.');
}

/** The caller holds the organization, so the tree is this one until the commit. */
async function refuseCycle(
  tx: Transaction,
  organizationId: string,
  { id, name }: { id: string; name: string },
  parentId: string,
): Promise<void> {
  const all = await tx
    .select({ id: departments.id, parentId: departments.parentId })
    .from(departments)
    .where(eq(departments.organizationId, organizationId));
  if (!subtree(id, all).includes(parentId)) return;
  throw new ClawpoolError('conflict', `${name} cannot be below itself.`, 'Choose a parent that is not below it.');
}
