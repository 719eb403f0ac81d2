import { Readable } from 'node:stream';
import type { Database } from '../../store/database.ts';
import type { Principal } from '../principal.ts';
import { pathsOf } from './import-plan.ts';
import { findImportFacts } from './import-store.ts';
import { writePeopleFile } from './people-file.ts';

/** All people of the organization, by number, as a file that can be taken in again and changes nothing then. */
export async function exportEmployees(
  { db }: Database,
  principal: Principal,
): Promise<{ file: Readable; name: string }> {
  const { people, departments, positions } = await findImportFacts(db, principal);
  const paths = pathsOf(departments);
  const names = new Map<string, string>();
  // Where two positions have one name, only the id says which.
  for (const { id, name } of positions) {
    names.set(id, positions.some((other) => other.id !== id && other.name === name) ? id : name);
  }
  const rows = people.map((person) => ({
    name: person.name,
    email: person.email,
    department: paths.get(person.departmentId)?.join(' / ') ?? '',
    position: names.get(person.positionId ?? '') ?? '',
    number: person.number,
    roles: person.roles.filter((role) => role !== 'operator').join(', '),
    contact_for: person.contactFor.join('; '),
  }));
  return { file: Readable.from([writePeopleFile(rows)]), name: 'people.csv' };
}
