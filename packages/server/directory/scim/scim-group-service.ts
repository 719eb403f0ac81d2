import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { recordAudit } from '../../audit/audit-store.ts';
import { lockOrganization, tellPeopleChanged } from '../../organization/people/people-store.ts';
import { provisionAgents } from '../../organization/people/provisioning.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { applyMappings } from '../mapping/apply-mappings.ts';
import { ScimFailure } from './scim-failure.ts';
import {
  addMembers,
  deleteGroup,
  findGroupByName,
  insertGroup,
  knownMembers,
  listScimGroups,
  removeMembers,
  type ScimGroup,
  updateGroup,
} from './scim-group-store.ts';
import { groupSchema, mostMembers, patchResource } from './scim-patch.ts';
import { equalTo, matches, type ScimQuery, wants } from './scim-query.ts';
import type { ScimCaller } from './scim-token-service.ts';

/**
 * Groups, as a SCIM client keeps them. Each is kept as it is told; what it becomes (a position, a role) is said by an admin in the console,
 * and its members have it with the next change of either.
 */
export interface ScimGroupService {
  list(caller: ScimCaller, query: ScimQuery): Promise<{ groups: ScimGroup[]; total: number }>;
  get(caller: ScimCaller, id: string): Promise<ScimGroup>;
  create(caller: ScimCaller, body: unknown): Promise<ScimGroup>;
  replace(caller: ScimCaller, id: string, body: unknown): Promise<ScimGroup>;
  patch(caller: ScimCaller, id: string, body: unknown): Promise<void>;
  /** Its members stay, without what it gave them. */
  remove(caller: ScimCaller, id: string): Promise<void>;
}

interface WantedGroup {
  displayName: string;
  externalId: string | null;
  members: string[];
}

export function createScimGroupService({ db }: Database): ScimGroupService {
  const update = (caller: ScimCaller, id: string, wantedOf: (group: ScimGroup) => WantedGroup) =>
    transact(db, async (tx) => {
      await lockOrganization(tx, caller.organizationId);
      const group = await known(tx, caller.organizationId, id);
      await change(tx, caller, group, wantedOf(group));
      return known(tx, caller.organizationId, id);
    });

  return {
    list: async ({ organizationId }, { filter, startIndex, count, shape }) => {
      const named = equalTo(filter, 'displayname');
      const withMembers = wants(shape, 'members') || (filter !== null && named === null);
      const all = await listScimGroups(db, organizationId, { withMembers });
      const found = filter === null ? all : all.filter((group) => matches(filter, groupResource(group, '')));
      return { groups: found.slice(startIndex - 1, startIndex - 1 + count), total: found.length };
    },

    get: ({ organizationId }, id) => known(db, organizationId, id),

    create: (caller, body) =>
      transact(db, async (tx) => {
        const { organizationId, actor } = caller;
        const wanted = readScimGroup(body);
        await lockOrganization(tx, organizationId);
        await refuseSameName(tx, organizationId, wanted.displayName, null);
        const id = randomUUID();
        const { displayName, externalId } = wanted;
        await insertGroup(tx, { organizationId, id, displayName, externalId });
        await recordAudit(tx, organizationId, {
          ...{ actor, action: 'directory_group.created', outcome: 'allowed' as const, detail: {} },
          target: { type: 'directory_group', id, name: displayName },
        });
        await change(tx, caller, await known(tx, organizationId, id), wanted);
        return known(tx, organizationId, id);
      }),

    replace: (caller, id, body) => update(caller, id, () => readScimGroup(body)),

    patch: async (caller, id, body) => {
      await update(caller, id, ({ displayName, externalId, members }) => {
        const before = {
          ...{ displayName, ...(externalId === null ? {} : { externalId }) },
          members: members.map((member) => ({ value: member.id })),
        };
        return readScimGroup(patchResource(before, body, 'group'));
      });
    },

    remove: (caller, id) =>
      transact(db, async (tx) => {
        const { organizationId, actor } = caller;
        await lockOrganization(tx, organizationId);
        const group = await known(tx, organizationId, id);
        await deleteGroup(tx, organizationId, id);
        await recordAudit(tx, organizationId, {
          ...{ actor, action: 'directory_group.deleted', outcome: 'allowed' as const },
          target: { type: 'directory_group', id, name: group.displayName },
          detail: { members: group.members.length },
        });
        await follow(
          tx,
          caller,
          group.members.map((member) => member.id),
        );
      }),
  };
}

export function groupResource({ id, displayName, externalId, members, createdAt, updatedAt }: ScimGroup, base: string) {
  return {
    schemas: [groupSchema],
    id,
    ...(externalId === null ? {} : { externalId }),
    displayName,
    members: members.map((member) => ({
      ...{ value: member.id, display: member.name, type: 'User' },
      $ref: `${base}/Users/${member.id}`,
    })),
    meta: {
      resourceType: 'Group',
      created: createdAt.toISOString(),
      lastModified: updatedAt.toISOString(),
      location: `${base}/Groups/${id}`,
    },
  };
}

const loose = z.object({
  displayName: z.string().trim().min(1).max(200),
  externalId: z.string().max(400).nullish(),
  members: z
    .array(z.object({ value: z.string().min(1).max(64) }))
    .max(mostMembers)
    .nullish(),
});

function readScimGroup(body: unknown): WantedGroup {
  const result = loose.safeParse(body);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ScimFailure(400, `${issue?.path.join('.') || 'The group'}: ${issue?.message}`, 'invalidValue');
  }
  const { displayName, externalId, members } = result.data;
  return {
    displayName,
    externalId: externalId || null,
    members: [...new Set((members ?? []).map(({ value }) => value))],
  };
}

async function known(db: Queryable, organizationId: string, id: string): Promise<ScimGroup> {
  const [group] = await listScimGroups(db, organizationId, { id, withMembers: true });
  if (group) return group;
  throw new ScimFailure(404, `There is no group “${id}”.`);
}

async function refuseSameName(tx: Transaction, organizationId: string, name: string, id: string | null): Promise<void> {
  const other = await findGroupByName(tx, organizationId, name);
  if (other === null || other === id) return;
  throw new ScimFailure(409, `There is a group “${name}” already.`, 'uniqueness');
}

async function change(tx: Transaction, caller: ScimCaller, group: ScimGroup, wanted: WantedGroup): Promise<void> {
  const { organizationId, actor } = caller;
  const { id } = group;
  const before = new Set(group.members.map((member) => member.id));
  const after = new Set(wanted.members);
  const joining = wanted.members.filter((member) => !before.has(member));
  const leaving = [...before].filter((member) => !after.has(member));
  const renamed = wanted.displayName !== group.displayName;
  if (joining.length + leaving.length === 0 && !renamed && wanted.externalId === group.externalId) return;
  await refuseSameName(tx, organizationId, wanted.displayName, id);
  const people = await knownMembers(tx, organizationId, joining);
  const unknown = joining.filter((member) => !people.has(member));
  if (unknown.length > 0) {
    throw new ScimFailure(400, `members: there is no user “${unknown.slice(0, 5).join('”, “')}”.`, 'invalidValue');
  }
  await updateGroup(tx, { organizationId, id }, wanted);
  await addMembers(tx, { organizationId, groupId: id }, joining);
  await removeMembers(tx, { organizationId, groupId: id }, leaving);
  await recordAudit(tx, organizationId, {
    ...{ actor, action: 'directory_group.changed', outcome: 'allowed' as const },
    target: { type: 'directory_group', id, name: wanted.displayName },
    detail: { joined: joining.length, left: leaving.length, ...(renamed ? { before: group.displayName } : {}) },
  });
  // Another name may have another mapping: then it is everybody's.
  await follow(tx, caller, renamed ? [...new Set([...before, ...after])] : [...joining, ...leaving]);
}

async function follow(
  tx: Transaction,
  { organizationId, actor }: ScimCaller,
  people: readonly string[],
): Promise<void> {
  const changed = await applyMappings(tx, organizationId, actor, people);
  await provisionAgents(tx, organizationId, actor, changed);
  if (changed.length > 0) await tellPeopleChanged(tx, organizationId);
}
