import type { AuditActor } from '../../organization/people/person.ts';
import { updatePerson } from '../../organization/people/person-writer.ts';
import type { Transaction } from '../../store/database.ts';
import { mappedPerson } from './mapping.ts';
import { findMappedPeople, findMappings, keepGrantedRoles } from './mapping-store.ts';

/**
 * Gives people the positions and roles that their titles and groups say. Returns the ids of those who are something else now: agents for
 * them (`provisionAgents`) and telling (`tellPeopleChanged`) are the caller's, once. Error `conflict`: an organization keeps its last admin.
 */
export async function applyMappings(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  employeeIds: readonly string[],
): Promise<string[]> {
  if (employeeIds.length === 0) return [];
  const mappings = await findMappings(tx, organizationId);
  const changed: string[] = [];
  for (const person of await findMappedPeople(tx, organizationId, employeeIds)) {
    const { positionId, roles, grantedRoles } = mappedPerson(person, mappings);
    if (JSON.stringify(grantedRoles) !== JSON.stringify(person.grantedRoles)) {
      await keepGrantedRoles(tx, organizationId, person.id, grantedRoles);
    }
    if (positionId === person.positionId && sameRoles(roles, person.roles)) continue;
    const change = { positionId, roles };
    if (await updatePerson(tx, organizationId, actor, person.id, change, person.source)) changed.push(person.id);
  }
  return changed;
}

const sameRoles = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((role) => b.includes(role));
