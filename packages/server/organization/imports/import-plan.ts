import type { DirectorySource, ImportPreview, ImportRow, Role } from '@clawpool/contracts';
import { editedRoles, refuseForeignChange } from '../people/person.ts';
import type { FileLine } from './people-file.ts';

/** Somebody who is there, as far as a file can say something about them. */
export interface KnownPerson {
  id: string;
  name: string;
  email: string;
  number: string;
  departmentId: string;
  positionId: string | null;
  roles: Role[];
  contactFor: string[];
  source: DirectorySource;
  /** Whoever takes the file in may not change their rights. */
  above: boolean;
}

/** The organization that a file is compared with. */
export interface ImportFacts {
  people: readonly KnownPerson[];
  departments: readonly { id: string; name: string; parentId: string | null }[];
  positions: readonly { id: string; name: string }[];
}

export type FileChange = Partial<Pick<KnownPerson, 'name' | 'number' | 'positionId' | 'roles' | 'contactFor'>>;

/** What a line comes to. `department` undefined: it stays where it is. */
export type Planned = ImportRow & {
  department: readonly string[] | undefined;
} & (
    | {
        action: 'create';
        person: Required<Pick<FileChange, 'name' | 'positionId' | 'roles' | 'contactFor'>> & { number?: string };
      }
    | { action: 'change'; employeeId: string; change: FileChange }
    | { action: 'unchanged' | 'refused' }
  );

/**
 * What a file would do, line by line. People are known by their e-mail. What a file does not say, and empty cells, change nothing. A department
 * is a path of names from the top, made where it is missing; a position has to be there.
 */
export function planImport(lines: readonly FileLine[], facts: ImportFacts): Planned[] {
  const people = new Map(facts.people.map((person) => [person.email, person]));
  const numbers = new Map(facts.people.map(({ number, email }) => [number, email]));
  const paths = pathsOf(facts.departments);
  const seen = new Map<string, number>();
  const positionNames = new Map(facts.positions.map(({ id, name }) => [id, name]));

  function plan(line: FileLine): Planned {
    const { name, email } = line;
    const refused = (problem: string): Planned => ({
      ...{ line: line.line, action: 'refused', name, email, changes: [], problem, department: undefined },
    });
    if (line.problem !== null) return refused(line.problem);
    const first = seen.get(email);
    seen.set(email, first ?? line.line);
    if (first !== undefined) return refused(`The e-mail is in line ${first} already.`);
    const position = line.position === undefined ? undefined : findPosition(line.position, facts.positions);
    if (typeof position === 'string') return refused(position);
    const owner = line.number === undefined ? undefined : numbers.get(line.number);
    if (owner !== undefined && owner !== email) return refused(`The number ${line.number} is ${owner}’s.`);
    if (line.number !== undefined) numbers.set(line.number, email);
    const known = people.get(email);
    return known ? planChange(line, known, position?.id, refused) : planCreation(line, position?.id ?? null, refused);
  }

  function planCreation(line: FileLine, positionId: string | null, refused: (problem: string) => Planned): Planned {
    if (line.department === undefined) return refused('Somebody new needs a department.');
    const roles = line.roles ?? ['employee'];
    const person = { name: line.name, positionId, roles, contactFor: line.contactFor ?? [] };
    const changes = [
      { field: 'department', from: '', to: line.department.join(' / ') },
      ...(positionId === null ? [] : [{ field: 'position', from: '', to: positionNames.get(positionId) ?? '' }]),
      { field: 'roles', from: '', to: roles.join(', ') },
    ];
    return {
      ...{ line: line.line, action: 'create', name: line.name, email: line.email, changes, problem: null },
      ...{
        department: line.department,
        person: { ...person, ...(line.number === undefined ? {} : { number: line.number }) },
      },
    };
  }

  function planChange(
    line: FileLine,
    known: KnownPerson,
    positionId: string | undefined,
    refused: (problem: string) => Planned,
  ): Planned {
    const before = {
      path: paths.get(known.departmentId) ?? [],
      position: positionNames.get(known.positionId ?? '') ?? '',
    };
    const moves = line.department !== undefined && !isSame(line.department, before.path);
    const roles = line.roles && editedRoles(known.roles, line.roles);
    const change: FileChange = {
      ...(line.name === known.name ? {} : { name: line.name }),
      ...(line.number === undefined || line.number === known.number ? {} : { number: line.number }),
      ...(positionId === undefined || positionId === known.positionId ? {} : { positionId }),
      ...(roles === undefined || isSame([...roles].sort(), [...known.roles].sort()) ? {} : { roles }),
      ...(line.contactFor === undefined || JSON.stringify(line.contactFor) === JSON.stringify(known.contactFor)
        ? {}
        : { contactFor: line.contactFor }),
    };
    const changes: ImportRow['changes'] = [
      ...(moves
        ? [{ field: 'department', from: before.path.join(' / '), to: line.department?.join(' / ') ?? '' }]
        : []),
      ...('name' in change ? [{ field: 'name', from: known.name, to: line.name }] : []),
      ...('number' in change ? [{ field: 'number', from: known.number, to: line.number ?? '' }] : []),
      ...('positionId' in change
        ? [{ field: 'position', from: before.position, to: positionNames.get(positionId ?? '') ?? '' }]
        : []),
      ...('roles' in change ? [{ field: 'roles', from: known.roles.join(', '), to: roles?.join(', ') ?? '' }] : []),
      ...('contactFor' in change
        ? [{ field: 'contact_for', from: known.contactFor.join('; '), to: line.contactFor?.join('; ') ?? '' }]
        : []),
    ];
    const row = { line: line.line, name: line.name, email: line.email, changes, problem: null };
    if (changes.length === 0) return { ...row, action: 'unchanged', department: undefined };
    if (known.above && 'roles' in change) return refused('You may not change the roles of this person.');
    try {
      refuseForeignChange(known, 'local', [...Object.keys(change), ...(moves ? ['departmentId'] : [])]);
    } catch (error) {
      return refused((error as Error).message);
    }
    return { ...row, action: 'change', employeeId: known.id, change, department: moves ? line.department : undefined };
  }

  return lines.map(plan);
}

/** As the API tells it. */
export function previewOf(plan: readonly Planned[], facts: Pick<ImportFacts, 'departments'>): ImportPreview {
  const count = (action: ImportRow['action']) => plan.filter((row) => row.action === action).length;
  const known = new Set([...pathsOf(facts.departments).values()].map(folded));
  const wanted = plan.flatMap(({ department }) => department?.map((_, index) => department.slice(0, index + 1)) ?? []);
  const missing = new Map(
    wanted.filter((path) => !known.has(folded(path))).map((path) => [folded(path), path.join(' / ')]),
  );
  return {
    rows: plan.map(({ line, action, name, email, changes, problem }) => ({
      line,
      action,
      name,
      email,
      changes,
      problem,
    })),
    ...{ created: count('create'), changed: count('change'), unchanged: count('unchanged'), refused: count('refused') },
    newDepartments: [...missing.values()],
  };
}

/** Names from the top, by id of the department. */
export function pathsOf(departments: ImportFacts['departments']): Map<string, string[]> {
  const byId = new Map(departments.map((department) => [department.id, department]));
  const path = (id: string, below: readonly string[]): string[] => {
    const found = byId.get(id);
    if (!found || below.includes(id)) return [];
    return [...(found.parentId === null ? [] : path(found.parentId, [...below, id])), found.name];
  };
  return new Map(departments.map(({ id }) => [id, path(id, [])]));
}

/** By id, or by name in any case; a sentence when there is none, or more than one. */
function findPosition(wanted: string, positions: ImportFacts['positions']): { id: string } | string {
  const byId = positions.find(({ id }) => id === wanted);
  if (byId) return byId;
  const named = positions.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const [only] = named;
  if (!only) return `There is no position “${wanted}”. Make it first.`;
  return named.length > 1 ? `There are ${named.length} positions “${wanted}”; write the id of one.` : only;
}

const isSame = (a: readonly string[], b: readonly string[]) => folded(a) === folded(b);
const folded = (path: readonly string[]) => JSON.stringify(path.map((name) => name.toLowerCase()));
