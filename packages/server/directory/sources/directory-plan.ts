import type { DirectoryConflictReason, DirectorySource, DirectoryVendor } from '@clawpool/contracts';
import { z } from 'zod';
import { arrange, type DepartmentPlan, type KnownDepartment, pathsOf } from './department-plan.ts';
import type { DirectorySnapshot, ReadPerson } from './driver.ts';

/** Somebody who is here. */
export interface KnownPerson {
  id: string;
  name: string;
  email: string;
  number: string;
  departmentId: string;
  positionId: string | null;
  active: boolean;
  suspendedBy: DirectorySource | null;
  source: DirectorySource;
  externalId: string | null;
  /** As the directory told it last. */
  title: string | null;
  /** They have a role besides `employee`, or a permission. */
  privileged: boolean;
}

/** What is here, as far as a run looks at it. */
export interface DirectoryFacts {
  vendor: DirectoryVendor;
  /** People directly in the platform's root are in a department of this name. */
  organizationName: string;
  /** The oldest first. */
  departments: readonly KnownDepartment[];
  people: readonly KnownPerson[];
  /** Positions by title, in lower case. */
  positionOfTitle: ReadonlyMap<string, { id: string; name: string }>;
  positionNames: ReadonlyMap<string, string>;
}

/** A person as they should be; where they are is a department of the platform, which may have to be made first. */
export interface WantedPerson {
  externalId: string;
  name: string;
  email: string;
  /** Null: as it is, or made here. */
  number: string | null;
  title: string | null;
  /** Null: the root. */
  departmentExternalId: string | null;
  /** Null: the title says nothing. */
  positionId: string | null;
}

export interface FieldChange {
  field: 'name' | 'email' | 'number' | 'department' | 'position' | 'title' | 'source' | 'active';
  from: string;
  to: string;
}

export interface PersonConflict {
  name: string;
  email: string;
  reason: DirectoryConflictReason;
  detail: string;
}

export interface DirectoryPlan {
  departments: DepartmentPlan;
  /** Path of each department of the platform, by its id there; null is the root. */
  paths: ReadonlyMap<string | null, readonly string[]>;
  created: WantedPerson[];
  changed: { known: KnownPerson; wanted: WantedPerson; changes: FieldChange[] }[];
  suspended: KnownPerson[];
  unchanged: number;
  conflicts: PersonConflict[];
}

/**
 * What has to happen so that the organization is as the directory says. Pure: the same two sides always give the same plan, whatever the
 * order in which the platform tells, and none is left to do once it has been done.
 *
 * People are found by the platform's id of them, then by an e-mail that the organization gave: somebody who was made by hand is adopted. Who comes from another directory
 * is a conflict. Who is gone, or blocked there, is suspended; nobody is ever deleted.
 */
export function planDirectory(read: DirectorySnapshot, facts: DirectoryFacts): DirectoryPlan {
  const departments = arrange(read.departments, facts);
  const paths = pathsOf(read.departments, facts.organizationName);
  const plan: DirectoryPlan = {
    departments,
    paths,
    created: [],
    changed: [],
    suspended: [],
    unchanged: 0,
    conflicts: [],
  };
  const people = peopleByKey(facts);
  const told = new Set(read.people.map(({ id }) => id));
  const seen = new Set<string>();
  // Those who are known first, so that of two with one e-mail it is always the same one who has it.
  const known = (one: ReadPerson) => (people.byExternalId.has(one.id) ? 0 : 1);
  const sorted = read.people.toSorted((a, b) => known(a) - known(b) || (a.id < b.id ? -1 : 1));
  const firstOfEmail = new Map(
    sorted
      .filter(({ active }) => active)
      .toReversed()
      .map((one) => [emailOf(one), one.id]),
  );
  // Whoever gets another number or e-mail leaves the old one to somebody: as long as that helps, look again.
  for (let rest = sorted; rest.length > 0; ) {
    const refused = rest.flatMap((one) => {
      const why = planPerson(one);
      return why ? [{ one, why }] : [];
    });
    if (refused.length === rest.length) {
      plan.conflicts.push(
        ...refused.map(({ one, why }) => ({ name: one.name, email: one.email ?? '', detail: '', ...why })),
      );
      break;
    }
    rest = refused.map(({ one }) => one);
  }
  const left = facts.people.filter(
    ({ id, source, externalId, active }) => source === facts.vendor && externalId !== null && active && !seen.has(id),
  );
  plan.suspended.push(...left);
  return plan;

  /** What keeps them from being taken over; null: nothing does. */
  function planPerson(one: ReadPerson): { reason: DirectoryConflictReason; detail?: string } | null {
    const mine = people.byExternalId.get(one.id) ?? null;
    if (mine) seen.add(mine.id);
    if (!one.active) {
      if (mine?.active) plan.suspended.push(mine);
      else plan.unchanged++;
      return null;
    }
    if (one.email === null) return { reason: 'no_email' };
    const email = emailOf(one);
    if (!z.email().max(254).safeParse(email).success) return { reason: 'invalid_email' };
    if (firstOfEmail.get(email) !== one.id) return { reason: 'same_email' };

    const namesake = people.byEmail.get(email) ?? null;
    const adopted = !mine && namesake && one.emailIsGiven && isAdoptable(namesake) ? namesake : null;
    const person = mine ?? adopted;
    if (namesake && namesake !== person) return { reason: 'email_taken', detail: namesake.name };
    if (person) seen.add(person.id);
    const wanted = wantedOf(one, email, facts);
    const holder = wanted.number === null ? undefined : people.byNumber.get(wanted.number);
    if (holder && holder !== person) return { reason: 'number_taken', detail: holder.name };
    people.hold(person, wanted);
    const changes = person ? changesOf(person, wanted) : [];
    if (!person) plan.created.push(wanted);
    else if (changes.length === 0) plan.unchanged++;
    else plan.changed.push({ known: person, wanted, changes });
    return null;
  }

  /**
   * Made by hand, or of this directory under an id that it does not tell any more: another app, or made anew there. Nobody who may do more
   * than their own: an e-mail alone does not show that they are who has it there.
   */
  function isAdoptable(person: KnownPerson | Newcomer): person is KnownPerson {
    if (!('source' in person) || person.privileged) return false;
    const { source, externalId } = person;
    return source === 'local' || (source === facts.vendor && (externalId === null || !told.has(externalId)));
  }

  function changesOf(person: KnownPerson, wanted: WantedPerson): FieldChange[] {
    const changes: FieldChange[] = [];
    const add = (field: FieldChange['field'], from: string, to: string) => void changes.push({ field, from, to });
    const departmentId = departments.idOf.get(wanted.departmentExternalId) ?? null;
    if (person.source !== facts.vendor) add('source', person.source, facts.vendor);
    else if (person.externalId !== wanted.externalId) add('source', person.externalId ?? '', wanted.externalId);
    if (person.name !== wanted.name) add('name', person.name, wanted.name);
    if (person.email !== wanted.email) add('email', person.email, wanted.email);
    if (wanted.number !== null && person.number !== wanted.number) add('number', person.number, wanted.number);
    if (person.departmentId !== departmentId) {
      const path = paths.get(wanted.departmentExternalId) ?? [];
      add('department', departments.names.get(person.departmentId) ?? '', path.join(' / '));
    }
    if (person.title !== wanted.title) add('title', person.title ?? '', wanted.title ?? '');
    if (wanted.positionId !== null && person.positionId !== wanted.positionId) {
      const nameOf = (id: string | null) => (id === null ? '' : (facts.positionNames.get(id) ?? ''));
      add('position', nameOf(person.positionId), nameOf(wanted.positionId));
    }
    // Whom an admin suspended stays out, whatever the directory says.
    if (!person.active && person.suspendedBy !== 'local') add('active', 'false', 'true');
    return changes;
  }
}

/** A run that would suspend more than `percent` of the people, and at least five, asks first; as does one that found nobody at all. */
export function asksFirst(
  plan: Pick<DirectoryPlan, 'suspended'>,
  { people, percent, read }: { people: number; percent: number; read: number },
): boolean {
  const leaving = plan.suspended.length;
  if (leaving > 0 && read === 0) return true;
  return leaving >= fewestToAsk && leaving * 100 > people * percent;
}
const fewestToAsk = 5;

function wantedOf(one: ReadPerson, email: string, facts: DirectoryFacts): WantedPerson {
  const title = one.title?.trim() || null;
  return {
    externalId: one.id,
    // Whoever has no name there is called as their e-mail.
    name: one.name.trim().slice(0, 80) || email.slice(0, 80),
    email,
    number: one.number?.trim().slice(0, 40) || null,
    title,
    departmentExternalId: one.departmentId,
    positionId: (title === null ? undefined : facts.positionOfTitle.get(title.toLowerCase())?.id) ?? null,
  };
}

const emailOf = ({ email }: ReadPerson) => (email ?? '').trim().toLowerCase();

/** Who is who, and who has which e-mail and number once what is planned so far has happened. */
function peopleByKey({ people, vendor }: DirectoryFacts) {
  const own = people.filter(({ source, externalId }) => source === vendor && externalId !== null);
  const byEmail = new Map<string, KnownPerson | Newcomer>(people.map((person) => [person.email, person]));
  const byNumber = new Map<string, KnownPerson | Newcomer>(people.map((person) => [person.number, person]));
  return {
    byExternalId: new Map(own.map((person) => [person.externalId ?? '', person])),
    byEmail,
    byNumber,
    hold: (person: KnownPerson | null, { name, email, number }: WantedPerson) => {
      const holder = person ?? { name };
      if (person) byEmail.delete(person.email);
      if (person && number !== null) byNumber.delete(person.number);
      byEmail.set(email, holder);
      if (number !== null) byNumber.set(number, holder);
    },
  };
}

/** Somebody whom the plan makes. */
interface Newcomer {
  name: string;
}
