import type { ScimUserDocument } from '@clawpool/contracts';
import { lockOrganization, lockPerson, tellPeopleChanged } from '../../organization/people/people-store.ts';
import {
  deletePerson,
  ensureDepartmentPath,
  insertPerson,
  updatePerson,
} from '../../organization/people/person-writer.ts';
import { provisionAgents } from '../../organization/people/provisioning.ts';
import { refuseDirectoryAbove } from '../../organization/people/standing.ts';
import type { Database, Drizzle, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { applyMappings } from '../mapping/apply-mappings.ts';
import { findSettings } from '../mapping/settings-store.ts';
import { ScimFailure } from './scim-failure.ts';
import { leaveGroups } from './scim-group-store.ts';
import { patchResource } from './scim-patch.ts';
import {
  countScimPeople,
  findByEmail,
  findScimPerson,
  forgetScimPerson,
  keepDocument,
  listScimPeople,
  organizationName,
  type ScimPersonFilter,
} from './scim-person-store.ts';
import { equalTo, matches, type ScimQuery } from './scim-query.ts';
import type { ScimCaller } from './scim-token-service.ts';
import { enterpriseSchema, factsOf, readScimUser, type ScimPerson, userResource } from './scim-user.ts';

/**
 * People, as a SCIM client keeps them (RFC 7644). A client sees those it brought, and nobody else's. Somebody with the same e-mail who was
 * made by hand is adopted by a POST, not made twice; who comes from another directory is refused.
 */
export interface ScimUserService {
  list(caller: ScimCaller, query: ScimQuery): Promise<{ people: ScimPerson[]; total: number }>;
  get(caller: ScimCaller, id: string): Promise<ScimPerson>;
  create(caller: ScimCaller, body: unknown): Promise<ScimPerson>;
  replace(caller: ScimCaller, id: string, body: unknown): Promise<ScimPerson>;
  patch(caller: ScimCaller, id: string, body: unknown): Promise<ScimPerson>;
  /** Suspends them, or removes them with their agent: as the organization's settings say. */
  remove(caller: ScimCaller, id: string): Promise<void>;
}

export function createScimUserService({ db }: Database): ScimUserService {
  const update = (caller: ScimCaller, id: string, documentOf: (person: ScimPerson) => ScimUserDocument) =>
    transact(db, async (tx) => {
      const { organizationId } = caller;
      // Before it is read: two PATCHes at once are two changes.
      await lockOrganization(tx, organizationId);
      const person = await known(tx, organizationId, id);
      const document = documentOf(person);
      await refuseSameName(tx, organizationId, document, id);
      await change(tx, caller, id, document);
      return known(tx, organizationId, id);
    });

  return {
    list: ({ organizationId }, query) => find(db, organizationId, query),

    get: ({ organizationId }, id) => known(db, organizationId, id),

    create: (caller, body) =>
      transact(db, async (tx) => {
        const { organizationId } = caller;
        const document = readScimUser(body);
        await lockOrganization(tx, organizationId);
        await refuseSameName(tx, organizationId, document, null);
        const id = await addOrAdopt(tx, caller, document);
        return known(tx, organizationId, id);
      }),

    replace: (caller, id, body) => update(caller, id, () => readScimUser(body)),

    patch: (caller, id, body) =>
      update(caller, id, ({ document, active }) => {
        const { enterprise, ...rest } = document;
        const before = { ...rest, active, ...(enterprise ? { [enterpriseSchema]: enterprise } : {}) };
        return readScimUser(patchResource(before, body, 'user'));
      }),

    remove: ({ organizationId, actor }, id) =>
      transact(db, async (tx) => {
        await lockOrganization(tx, organizationId);
        await known(tx, organizationId, id);
        const { scimDelete } = await findSettings(tx, organizationId);
        if (scimDelete === 'remove') {
          refuseDirectoryAbove(await lockPerson(tx, organizationId, id), null, 'scim');
          await deletePerson(tx, organizationId, actor, id);
        } else {
          // What groups gave goes with them, before nobody remembers what that was.
          await leaveGroups(tx, organizationId, id);
          await applyMappings(tx, organizationId, actor, [id]);
          const released = { active: false, source: 'local' as const, externalId: null };
          await updatePerson(tx, organizationId, actor, id, released, 'scim');
          await forgetScimPerson(tx, organizationId, id);
        }
        await tellPeopleChanged(tx, organizationId);
      }),
  };
}

async function known(db: Drizzle | Transaction, organizationId: string, id: string): Promise<ScimPerson> {
  const person = await findScimPerson(db, organizationId, id);
  if (person) return person;
  throw new ScimFailure(404, `There is no user “${id}”.`);
}

async function find(db: Drizzle, organizationId: string, query: ScimQuery) {
  const { filter, startIndex, count } = query;
  const page = { limit: count, offset: startIndex - 1 };
  const direct: ScimPersonFilter = {
    userName: equalTo(filter, 'username') ?? undefined,
    externalId: equalTo(filter, 'externalid') ?? undefined,
    email: equalTo(filter, 'emails.value') ?? equalTo(filter, 'emails') ?? undefined,
    id: equalTo(filter, 'id') ?? undefined,
  };
  const isDirect = Object.values(direct).some((value) => value !== undefined);
  if (filter === null || isDirect) {
    const people = count === 0 ? [] : await listScimPeople(db, organizationId, direct, page);
    return { people, total: await countScimPeople(db, organizationId, direct) };
  }
  const all = await listScimPeople(db, organizationId);
  const found = all.filter((person) => matches(filter, userResource(person, '')));
  return { people: found.slice(page.offset, page.offset + count), total: found.length };
}

async function refuseSameName(
  tx: Transaction,
  organizationId: string,
  { userName, externalId }: ScimUserDocument,
  id: string | null,
): Promise<void> {
  const others = [
    ...(await listScimPeople(tx, organizationId, { userName })),
    ...(externalId === undefined ? [] : await listScimPeople(tx, organizationId, { externalId })),
  ].filter((person) => person.id !== id);
  const [other] = others;
  if (!other) return;
  const what = other.document.userName.toLowerCase() === userName.toLowerCase() ? 'userName' : 'externalId';
  throw new ScimFailure(409, `${other.name} has this ${what} already.`, 'uniqueness');
}

async function addOrAdopt(tx: Transaction, caller: ScimCaller, document: ScimUserDocument): Promise<string> {
  const { organizationId, actor } = caller;
  const { email, name, number } = factsOf(document);
  const namesake = await findByEmail(tx, organizationId, email);
  if (namesake && namesake.source !== 'local') {
    const whose = namesake.source === 'scim' ? 'Another user' : 'Somebody of another directory';
    throw new ScimFailure(409, `${whose} has the e-mail ${email} already.`, 'uniqueness');
  }
  if (namesake) {
    await change(tx, caller, namesake.id, document);
    return namesake.id;
  }
  const { employeeId } = await insertPerson(tx, organizationId, actor, {
    ...{ name, email, number, positionId: null, source: 'scim', roles: ['employee'], passwordHash: null },
    externalId: document.externalId ?? null,
    departmentId: await placeOf(tx, caller, document, true),
  });
  await change(tx, caller, employeeId, document);
  await provisionAgents(tx, organizationId, actor, [employeeId]);
  await tellPeopleChanged(tx, organizationId);
  return employeeId;
}

/** Makes somebody what the document says, in everything that a directory says. */
async function change(tx: Transaction, caller: ScimCaller, id: string, document: ScimUserDocument): Promise<void> {
  const { organizationId, actor } = caller;
  const { name, email, number, title } = factsOf(document);
  const said = {
    ...{ name, email, number, active: document.active, source: 'scim' as const },
    externalId: document.externalId ?? null,
    departmentId: await placeOf(tx, caller, document, false),
  };
  const changed = await updatePerson(tx, organizationId, actor, id, said, 'scim');
  await keepDocument(tx, organizationId, id, { document, title });
  const mapped = await applyMappings(tx, organizationId, actor, [id]);
  // Identity providers send everybody again and again: agents are told where something is another.
  if (!changed && mapped.length === 0) return;
  await provisionAgents(tx, organizationId, actor, [id]);
  await tellPeopleChanged(tx, organizationId);
}

/** Undefined: it stays. Somebody new of no department is in one of the organization's name. */
async function placeOf(tx: Transaction, caller: ScimCaller, document: ScimUserDocument, isNew: true): Promise<string>;
async function placeOf(
  tx: Transaction,
  caller: ScimCaller,
  document: ScimUserDocument,
  isNew: false,
): Promise<string | undefined>;
async function placeOf(
  tx: Transaction,
  { organizationId, actor }: ScimCaller,
  document: ScimUserDocument,
  isNew: boolean,
): Promise<string | undefined> {
  const { department } = factsOf(document);
  if (department === null && !isNew) return undefined;
  const { departmentDelimiter } = await findSettings(tx, organizationId);
  const names = (department ?? '')
    .split(departmentDelimiter)
    .map((one) => one.trim().slice(0, 80))
    .filter((one) => one !== '');
  const path = names.length > 0 ? names : [await organizationName(tx, organizationId)];
  return ensureDepartmentPath(tx, organizationId, actor, path, 'scim');
}
