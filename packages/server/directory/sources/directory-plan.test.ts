import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KnownDepartment } from './department-plan.ts';
import {
  asksFirst,
  type DirectoryFacts,
  type DirectoryPlan,
  type KnownPerson,
  planDirectory,
} from './directory-plan.ts';
import type { DirectorySnapshot, ReadPerson } from './driver.ts';

const facts = (changes: Partial<DirectoryFacts> = {}): DirectoryFacts => ({
  vendor: 'feishu',
  organizationName: 'Acme',
  departments: [],
  people: [],
  positionOfTitle: new Map(),
  positionNames: new Map([['dev', 'Developer']]),
  ...changes,
});
const person = (id: string, changes: Partial<KnownPerson> = {}): KnownPerson => ({
  ...{ id, name: id, email: `${id}@acme.example`, number: `N-${id}`, departmentId: 'acme', positionId: null },
  ...{ active: true, suspendedBy: null, source: 'feishu', externalId: `x-${id}`, title: null },
  privileged: false,
  ...changes,
});
const told = (id: string, changes: Partial<ReadPerson> = {}): ReadPerson => ({
  ...{
    id: `x-${id}`,
    name: id,
    email: `${id}@acme.example`,
    emailIsGiven: true,
    number: null,
    title: null,
    departmentId: null,
    active: true,
  },
  ...changes,
});
const acme: KnownDepartment = { id: 'acme', name: 'Acme', parentId: null, source: 'local', externalId: null };
const read = (people: ReadPerson[], departments: DirectorySnapshot['departments'] = []) => ({ people, departments });

describe('people', () => {
  test('who are new are made, with the position of their title', () => {
    const positionOfTitle = new Map([['engineer', { id: 'dev', name: 'Developer' }]]);
    const { created } = planDirectory(read([told('zoe', { title: ' Engineer ' })]), facts({ positionOfTitle }));
    expect(created).toMatchObject([
      { externalId: 'x-zoe', email: 'zoe@acme.example', positionId: 'dev', title: 'Engineer' },
    ]);
  });

  test('who were made by hand are adopted by their e-mail, whatever its case', () => {
    const known = facts({ departments: [acme], people: [person('zoe', { source: 'local', externalId: null })] });
    const { created, changed } = planDirectory(read([told('zoe', { email: ' Zoe@Acme.example' })]), known);
    expect(created).toEqual([]);
    expect(changed[0]?.changes).toEqual([{ field: 'source', from: 'local', to: 'feishu' }]);
  });

  test.each([
    ['may do more than their own', { privileged: true }, {}],
    ['have there an e-mail of their own choice', {}, { emailIsGiven: false }],
  ])('who were made by hand are not adopted when they %s', (_, here, there) => {
    const zoe = person('zoe', { source: 'local', externalId: null, ...here });
    const plan = planDirectory(read([told('zoe', there)]), facts({ departments: [acme], people: [zoe] }));
    expect(plan).toMatchObject({ created: [], changed: [], conflicts: [{ reason: 'email_taken', detail: 'zoe' }] });
  });

  test('who are not told any more are suspended, and those of other sources are left alone', () => {
    const known = facts({
      departments: [acme],
      people: [person('ann'), person('bob', { source: 'local', externalId: null }), person('cem', { source: 'scim' })],
    });
    expect(planDirectory(read([]), known).suspended.map(({ id }) => id)).toEqual(['ann']);
  });

  test('who are blocked there are suspended, and let in again; whom an admin suspended stays out', () => {
    const away = facts({ departments: [acme], people: [person('ann')] });
    expect(planDirectory(read([told('ann', { active: false })]), away).suspended).toHaveLength(1);
    const back = (suspendedBy: KnownPerson['suspendedBy']) =>
      planDirectory(
        read([told('ann')]),
        facts({ departments: [acme], people: [person('ann', { active: false, suspendedBy })] }),
      );
    expect(back('feishu').changed[0]?.changes).toEqual([{ field: 'active', from: 'false', to: 'true' }]);
    expect(back('local')).toMatchObject({ changed: [], unchanged: 1 });
  });

  test('who cannot be taken over are conflicts, and none of them is taken for somebody who left', () => {
    const known = facts({
      departments: [acme],
      people: [
        person('ann'),
        person('bob', { source: 'scim' }),
        person('cem', { source: 'local', externalId: null, number: '7' }),
        person('dee'),
      ],
    });
    const plan = planDirectory(
      read([
        told('ann', { email: null }),
        told('new', { email: 'bob@acme.example' }),
        told('other', { number: '7' }),
        told('nobody', { email: 'no e-mail' }),
        told('dee'),
        told('twin', { email: 'dee@acme.example' }),
      ]),
      known,
    );
    expect(plan.conflicts.map(({ name, reason }) => [name, reason]).toSorted()).toEqual([
      ['ann', 'no_email'],
      ['new', 'email_taken'],
      ['nobody', 'invalid_email'],
      ['other', 'number_taken'],
      ['twin', 'same_email'],
    ]);
    expect(plan).toMatchObject({ suspended: [], created: [], unchanged: 1 });
  });

  test('who come by another app, with other ids, are the same people', () => {
    const known = facts({ departments: [acme], people: [person('ann')] });
    const { changed, created, suspended } = planDirectory(read([told('ann', { id: 'other-app' })]), known);
    expect([created, suspended]).toEqual([[], []]);
    expect(changed[0]?.changes).toEqual([{ field: 'source', from: 'x-ann', to: 'other-app' }]);
  });
});

describe('departments', () => {
  const tree = [
    { id: 'b', parentId: 'a', name: 'Backend' },
    { id: 'a', parentId: null, name: 'Engineering' },
  ];

  test('are made from the top', () => {
    const { departments } = planDirectory(read([], tree), facts());
    expect(departments.created.map(({ name }) => name)).toEqual(['Engineering', 'Backend']);
  });

  test('that were made by hand at the same place are adopted; renamed and moved ones are changed, gone ones released', () => {
    const known: KnownDepartment[] = [
      { id: 'eng', name: 'engineering', parentId: null, source: 'local', externalId: null },
      { id: 'be', name: 'Server', parentId: null, source: 'feishu', externalId: 'b' },
      { id: 'old', name: 'Old', parentId: 'eng', source: 'feishu', externalId: 'gone' },
    ];
    const { departments } = planDirectory(read([], tree), facts({ departments: known }));
    expect(departments.created).toEqual([]);
    expect(departments.changed).toEqual([
      { id: 'eng', externalId: 'a', name: 'Engineering', parentExternalId: null },
      { id: 'be', externalId: 'b', name: 'Backend', parentExternalId: 'a' },
    ]);
    expect(departments.released).toEqual([{ id: 'old', name: 'Old' }]);
  });
});

describe('a run', () => {
  const leaving = (count: number) => ({ suspended: Array.from({ length: count }, (_, n) => person(String(n))) });

  test('asks before it suspends more than the share, and at least five', () => {
    expect(asksFirst(leaving(4), { people: 4, percent: 20, read: 9 })).toBe(false);
    expect(asksFirst(leaving(5), { people: 25, percent: 20, read: 9 })).toBe(false);
    expect(asksFirst(leaving(6), { people: 25, percent: 20, read: 9 })).toBe(true);
  });

  test('always asks when the directory told of nobody', () => {
    expect(asksFirst(leaving(1), { people: 100, percent: 100, read: 0 })).toBe(true);
    expect(asksFirst(leaving(0), { people: 0, percent: 20, read: 0 })).toBe(false);
  });

  test('leaves nothing to do for the next one, whatever the directory tells and in whatever order', () => {
    const name = fc.constantFrom('Ann', 'Bob', 'Cem', '  ', 'A very long name '.repeat(9));
    const department = fc.constantFrom('a', 'b', 'c');
    const one = fc.record({
      id: fc.constantFrom('1', '2', '3', '4', '5'),
      name,
      email: fc.constantFrom(null, 'a@x.example', 'B@x.example', 'b@x.example', 'c@x.example', 'broken'),
      number: fc.constantFrom(null, '1', '2', ' 2 '),
      title: fc.constantFrom(null, 'Engineer', 'ENGINEER', ''),
      departmentId: fc.option(department),
      active: fc.boolean(),
      emailIsGiven: fc.boolean(),
    });
    const place = fc.record({ id: department, parentId: fc.option(department), name });
    const snapshot = fc.record({
      people: fc.uniqueArray(one, { selector: ({ id }) => id }),
      departments: fc.uniqueArray(place, { selector: ({ id }) => id }).map(acyclic),
    });
    const positionOfTitle = new Map([['engineer', { id: 'dev', name: 'Developer' }]]);
    fc.assert(
      fc.property(snapshot, snapshot, (first, second) => {
        let here = facts({ departments: [acme], people: [], positionOfTitle });
        for (const told of [first, second]) {
          const known = new Set(told.departments.map(({ id }) => id));
          const people = told.people.map((p) => ({
            ...p,
            departmentId: known.has(p.departmentId ?? '') ? p.departmentId : null,
          }));
          here = applied(here, planDirectory({ ...told, people }, here));
          const again = planDirectory(
            { people: people.toReversed(), departments: told.departments.toReversed() },
            here,
          );
          expect([again.created, again.changed, again.suspended]).toEqual([[], [], []]);
          const { created, changed, released } = again.departments;
          expect([created, changed, released]).toEqual([[], [], []]);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Only parents that come before it in the alphabet. */
const acyclic = (places: DirectorySnapshot['departments']) =>
  places.map((one) => (one.parentId !== null && one.parentId < one.id ? one : { ...one, parentId: null }));

/** What applying a plan makes of the organization. */
function applied(here: DirectoryFacts, plan: DirectoryPlan): DirectoryFacts {
  const ids = new Map(plan.departments.idOf);
  for (const { externalId } of plan.departments.created) ids.set(externalId, `made-${externalId}`);
  const parentOf = (externalId: string | null) => (externalId === null ? null : (ids.get(externalId) ?? null));
  const released = new Set(plan.departments.released.map(({ id }) => id));
  const departments = here.departments.map((one): KnownDepartment => {
    const change = plan.departments.changed.find(({ id }) => id === one.id);
    if (released.has(one.id)) return { ...one, source: 'local', externalId: null };
    if (!change) return one;
    const { externalId, name, parentExternalId } = change;
    return { id: one.id, name, externalId, source: 'feishu', parentId: parentOf(parentExternalId) };
  });
  for (const { externalId, name, parentExternalId } of plan.departments.created) {
    const parentId = parentOf(parentExternalId);
    departments.push({ id: ids.get(externalId) ?? '', name, parentId, source: 'feishu', externalId });
  }
  const people = here.people.map((one): KnownPerson => {
    if (plan.suspended.some(({ id }) => id === one.id)) return { ...one, active: false, suspendedBy: 'feishu' };
    const wanted = plan.changed.find(({ known }) => known.id === one.id)?.wanted;
    return wanted ? { ...one, ...became(wanted, one) } : one;
  });
  for (const wanted of plan.created) people.push(person(`made-${wanted.externalId}`, became(wanted, null)));
  return { ...here, departments, people };

  function became(
    { departmentExternalId, number, positionId, ...wanted }: DirectoryPlan['created'][number],
    one: KnownPerson | null,
  ) {
    return {
      ...wanted,
      ...{ source: 'feishu' as const, active: true, suspendedBy: null },
      number: number ?? one?.number ?? `made-${wanted.externalId}`,
      positionId: positionId ?? one?.positionId ?? null,
      departmentId: ids.get(departmentExternalId) ?? 'acme',
    };
  }
}
