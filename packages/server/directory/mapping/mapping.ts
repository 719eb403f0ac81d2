import type { Role } from '@clawpool/contracts';

/** What a directory told of a person, and what they are. */
export interface MappedPerson {
  id: string;
  title: string | null;
  /** Display names of their groups. */
  groups: readonly string[];
  positionId: string | null;
  roles: readonly Role[];
  /** Roles they have from groups and from nothing else. */
  grantedRoles: readonly Role[];
}

/** By key (`keyOf`). */
export interface Mappings {
  titles: ReadonlyMap<string, { positionId: string | null }>;
  groups: ReadonlyMap<string, { positionId: string | null; role: Role | null }>;
}

export const keyOf = (name: string) => name.trim().toLowerCase();

/**
 * What somebody should be. A title comes before groups, groups count in the order of their names, and where nothing is said a position stays:
 * an agent is nobody's to lose by a mapping that went. A role that only a group gave goes with the group; one that was given by hand stays.
 */
export function mappedPerson(
  person: MappedPerson,
  { titles, groups }: Mappings,
): { positionId: string | null; roles: Role[]; grantedRoles: Role[] } {
  const mapped = person.groups
    .map(keyOf)
    .toSorted()
    .map((key) => groups.get(key));
  const byTitle = person.title === null ? null : (titles.get(keyOf(person.title))?.positionId ?? null);
  const byGroup = mapped.find((one) => one?.positionId)?.positionId ?? null;
  const granted = new Set(mapped.flatMap((one) => one?.role ?? []));
  const byHand = person.roles.filter((role) => !person.grantedRoles.includes(role));
  const grantedRoles = [...granted].filter((role) => !byHand.includes(role)).toSorted();
  return {
    positionId: byTitle ?? byGroup ?? person.positionId,
    roles: [...byHand, ...grantedRoles],
    grantedRoles,
  };
}
