import type { DirectorySource, DirectoryVendor } from '@clawpool/contracts';
import type { ReadDepartment } from './driver.ts';

export interface KnownDepartment {
  id: string;
  name: string;
  parentId: string | null;
  source: DirectorySource;
  externalId: string | null;
}

export interface DepartmentPlan {
  /** Parents before their children. */
  created: { externalId: string; name: string; parentExternalId: string | null }[];
  /** Renamed, moved, or made by hand and adopted; parents before their children. */
  changed: { id: string; externalId: string; name: string; parentExternalId: string | null }[];
  /** Gone there. They stay, and are changed in the console from now on. */
  released: { id: string; name: string }[];
  /** Ids of those that are here, by the platform's id; null: of the root, which is a department of the organization's name. */
  idOf: ReadonlyMap<string | null, string>;
  /** Of all that are here, by id: as paths. */
  names: ReadonlyMap<string, string>;
}

/** What has to happen so that the departments are the platform's. One that was made by hand at the same place with the same name is adopted. */
export function arrange(
  read: readonly ReadDepartment[],
  facts: { vendor: DirectoryVendor; organizationName: string; departments: readonly KnownDepartment[] },
): DepartmentPlan {
  const { vendor, organizationName, departments } = facts;
  const byExternalId = new Map(
    departments
      .filter((one) => one.source === vendor && one.externalId !== null)
      .map((one) => [one.externalId ?? '', one]),
  );
  // The oldest of a name wins, as with paths that are typed.
  const children = new Map(departments.toReversed().map((one) => [placeOf(one.parentId, one.name), one]));
  const plan: DepartmentPlan = { created: [], changed: [], released: [], idOf: new Map(), names: namesOf(departments) };
  const idOf = plan.idOf as Map<string | null, string>;
  const kept = new Set<string>();
  for (const one of parentsFirst(read)) {
    const parentId = one.parentId === null ? null : idOf.get(one.parentId);
    const name = nameOf(one);
    const mine = byExternalId.get(one.id) ?? (parentId === undefined ? undefined : adoptable(parentId, name));
    const wanted = { externalId: one.id, name, parentExternalId: one.parentId };
    if (!mine) {
      plan.created.push(wanted);
      continue;
    }
    kept.add(mine.id);
    idOf.set(one.id, mine.id);
    const same = mine.externalId === one.id && mine.name === name && mine.parentId === parentId;
    if (!same) plan.changed.push({ ...wanted, id: mine.id });
  }
  const root = children.get(placeOf(null, organizationName));
  if (root) idOf.set(null, root.id);
  for (const [, one] of byExternalId) if (!kept.has(one.id)) plan.released.push({ id: one.id, name: one.name });
  return plan;

  function adoptable(parentId: string | null, name: string): KnownDepartment | undefined {
    const found = children.get(placeOf(parentId, name));
    return found && found.externalId === null && !kept.has(found.id) ? found : undefined;
  }
}

/** Names from the top, of each department of the platform; null is the root. */
export function pathsOf(
  read: readonly ReadDepartment[],
  organizationName: string,
): ReadonlyMap<string | null, readonly string[]> {
  const paths = new Map<string | null, readonly string[]>();
  for (const one of parentsFirst(read)) {
    paths.set(one.id, [...(one.parentId === null ? [] : (paths.get(one.parentId) ?? [])), nameOf(one)]);
  }
  paths.set(null, [organizationName]);
  return paths;
}

/** By id within a level, so that the order does not depend on the platform's. One whose parent was not told is on top. */
function parentsFirst(read: readonly ReadDepartment[]): ReadDepartment[] {
  const ids = new Set(read.map(({ id }) => id));
  const below = Map.groupBy(read, ({ parentId }) => (parentId !== null && ids.has(parentId) ? parentId : null));
  const sorted: ReadDepartment[] = [];
  const add = (parentId: string | null) => {
    for (const one of (below.get(parentId) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      sorted.push({ ...one, parentId });
      add(one.id);
    }
  };
  add(null);
  return sorted;
}

const nameOf = ({ name, id }: ReadDepartment) => name.trim().slice(0, 80) || id;
const placeOf = (parentId: string | null, name: string) => `${parentId ?? ''}\n${name.toLowerCase()}`;

function namesOf(departments: readonly KnownDepartment[]): Map<string, string> {
  const byId = new Map(departments.map((one) => [one.id, one]));
  const path = (one: KnownDepartment | undefined): string[] =>
    one === undefined ? [] : [...path(one.parentId === null ? undefined : byId.get(one.parentId)), one.name];
  return new Map(departments.map((one) => [one.id, path(one).join(' / ')]));
}
