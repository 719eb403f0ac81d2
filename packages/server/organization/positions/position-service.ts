import { ClawpoolError, type Position, type Removal, type ToolName } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { lockSkills } from '../../governance/skills/skill-store.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import { refuseUnknownSkills } from '../../pool/tenant-skills.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { notify } from '../../store/notifications.ts';
import { positions } from '../../store/schema/index.ts';
import { scopeOf } from '../department-store.ts';
import { lockOrganization, refuseUnknownPlace, takenIds, tellPeopleChanged } from '../people/people-store.ts';
import { freeName, idOf } from '../people/person.ts';
import {
  followTiers,
  type ProvisionedAgent,
  peopleOfPosition,
  provisionAgents,
  tiersBefore,
} from '../people/provisioning.ts';
import { type Principal, personActor } from '../principal.ts';
import { findTier } from '../tier-choice.ts';
import { leavePosition } from './position-removal.ts';
import { findPosition, findPositionNamed, listPositions, positionRemoval } from './position-store.ts';

export interface PositionInput {
  id?: string | undefined;
  name: string;
  departmentId: string;
  tierId: string;
  tools: readonly ToolName[];
  skills: readonly string[];
  contactFor: readonly string[];
}

export type PositionChange = { [K in keyof Omit<PositionInput, 'id'>]?: PositionInput[K] | undefined };

/** The positions a principal may see, by name. */
export async function positionsOf({ db }: Database, principal: Principal): Promise<Position[]> {
  return listPositions(db, principal.organizationId, await scopeOf(db, principal));
}

/** Errors: `conflict` (the id or the name is taken); `invalid_request` (no such department, tier or skill). */
export function createPosition({ db }: Database, principal: Principal, input: PositionInput): Promise<Position> {
  const { organizationId } = principal;
  return db.transaction(async (tx) => {
    await lockOrganization(tx, organizationId);
    const { id: wantedId, ...given } = input;
    await refuseUnusable(tx, organizationId, given);
    await refuseNamesake(tx, organizationId, input.name);
    if (wantedId !== undefined && (await findPosition(tx, organizationId, wantedId))) {
      throw new ClawpoolError('conflict', `There is a position “${wantedId}” already.`, 'Choose another id.');
    }
    const wanted = idOf([input.name], 'position');
    const id = wantedId ?? freeName(wanted, await takenIds(tx, organizationId, positions, wanted));
    const { name, departmentId, tierId } = given;
    await tx.insert(positions).values({ organizationId, id, name, departmentId, tierId, ...lists(given) });
    await recordAudit(tx, organizationId, {
      actor: personActor(principal),
      action: 'position.created',
      target: { type: 'position', id, name: input.name },
      outcome: 'allowed',
      detail: given,
    });
    return shown(tx, organizationId, id);
  });
}

/**
 * Its agents have the change with their next turn; their tier follows the position's unless it was chosen by hand or by a rule.
 * Errors: `not_found`, and those of `createPosition`.
 */
export function changePosition(
  { db }: Database,
  principal: Principal,
  positionId: string,
  change: PositionChange,
): Promise<Position> {
  const { organizationId } = principal;
  return db.transaction(async (tx) => {
    await lockOrganization(tx, organizationId);
    const before = await findPosition(tx, organizationId, positionId);
    if (!before) throw noSuchPosition(positionId);
    const after = changedPosition(before, change);
    const fields = (Object.keys(after) as (keyof typeof after)[]).filter(
      (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
    );
    if (fields.length === 0) return shown(tx, organizationId, positionId);
    await refuseUnusable(tx, organizationId, change);
    if (after.name.toLowerCase() !== before.name.toLowerCase()) await refuseNamesake(tx, organizationId, after.name);
    const decidedBefore = await tiersBefore(tx, organizationId, { positionId });
    await tx.update(positions).set(after).where(isPosition(organizationId, positionId));
    const actor = personActor(principal);
    if (fields.includes('tierId')) await followTiers(tx, organizationId, actor, decidedBefore);
    await recordAudit(tx, organizationId, {
      actor,
      action: 'position.changed',
      target: { type: 'position', id: positionId, name: after.name },
      outcome: 'allowed',
      detail: {
        changes: Object.fromEntries(fields.map((field) => [field, { from: before[field], to: after[field] }])),
      },
    });
    // Every agent's directory names people's positions and what they are asked about.
    if (fields.includes('name') || fields.includes('contactFor')) await markAgents(tx, organizationId, 'all');
    else await markAgents(tx, organizationId, { positionIds: [positionId] });
    await notify(tx, 'routing_changed', { organizationId });
    return shown(tx, organizationId, positionId);
  });
}

/** Error: `not_found`. */
export async function removalOfPosition(
  { db }: Database,
  { organizationId }: Principal,
  positionId: string,
): Promise<Removal> {
  if (!(await findPosition(db, organizationId, positionId))) throw noSuchPosition(positionId);
  return positionRemoval(db, organizationId, positionId);
}

/**
 * Deletes a position with its layer, settings and rule. Forced, people who have it keep their agents and have no position.
 * Errors: `not_found`; `conflict`, with `details: Removal`.
 */
export function deletePosition(
  { db }: Database,
  principal: Principal,
  positionId: string,
  { force }: { force: boolean },
): Promise<void> {
  const { organizationId } = principal;
  return transact(db, async (tx) => {
    await lockOrganization(tx, organizationId);
    const found = await findPosition(tx, organizationId, positionId);
    if (!found) throw noSuchPosition(positionId);
    const removal = await positionRemoval(tx, organizationId, positionId);
    const { count } = removal.employees;
    const { layerWords, providers, mappings } = removal;
    if (count > 0 && !force) {
      throw new ClawpoolError(
        'conflict',
        `${count} ${count === 1 ? 'person has' : 'people have'} the position ${found.name}.`,
        'Give them another first, or force it: they keep their agents and have no position then.',
        { details: removal },
      );
    }
    if (!force && layerWords + providers.count + mappings.count > 0) {
      throw new ClawpoolError(
        'conflict',
        `The position ${found.name} is more than its name: ${goesWith(removal)}.`,
        'Look at what goes with it, then force it.',
        { details: removal },
      );
    }
    const actor = personActor(principal);
    const kept = await leavePosition(tx, organizationId, actor, found);
    await tx.delete(positions).where(isPosition(organizationId, positionId));
    await recordAudit(tx, organizationId, {
      actor,
      action: 'position.removed',
      target: { type: 'position', id: positionId, name: found.name },
      outcome: 'allowed',
      detail: {
        ...{ employees: count, rules: removal.rules, providers: providers.names, mappings: mappings.names },
        ...kept,
      },
    });
    await tellPeopleChanged(tx, organizationId);
  });
}

/** Agents for everybody of a position who has none, or for nobody. Errors: `not_found`, `quota_exceeded`. */
export function provisionPosition(
  { db }: Database,
  principal: Principal,
  positionId: string,
): Promise<{ created: ProvisionedAgent[]; already: number }> {
  const { organizationId } = principal;
  return db.transaction(async (tx) => {
    await lockOrganization(tx, organizationId);
    if (!(await findPosition(tx, organizationId, positionId))) throw noSuchPosition(positionId);
    const people = await peopleOfPosition(tx, organizationId, positionId);
    const created = await provisionAgents(tx, organizationId, personActor(principal), people);
    if (created.length > 0) await notify(tx, 'routing_changed', { organizationId });
    return { created, already: people.length - created.length };
  });
}

function goesWith({ layerWords, providers, mappings }: Removal): string {
  return [
    ...(layerWords > 0 ? [`a SOUL layer of ${layerWords} ${layerWords === 1 ? 'word' : 'words'}`] : []),
    ...(providers.count > 0 ? [`identity providers give it (${providers.names.join(', ')})`] : []),
    ...(mappings.count > 0 ? [`directories map to it (${mappings.names.join(', ')})`] : []),
  ].join(', ');
}

const noSuchPosition = (positionId: string) =>
  new ClawpoolError('not_found', `There is no position “${positionId}”.`, 'Check the position’s id.');

const isPosition = (organizationId: string, positionId: string) =>
  and(eq(positions.organizationId, organizationId), eq(positions.id, positionId));

function changedPosition(
  before: typeof positions.$inferSelect,
  { name, departmentId, tierId, tools, skills, contactFor }: PositionChange,
): typeof before {
  return {
    ...before,
    name: name ?? before.name,
    departmentId: departmentId ?? before.departmentId,
    tierId: tierId ?? before.tierId,
    ...lists({
      tools: tools ?? before.tools,
      skills: skills ?? before.skills,
      contactFor: contactFor ?? before.contactFor,
    }),
  };
}

/** Each thing once. */
const lists = (of: { tools: readonly string[]; skills: readonly string[]; contactFor: readonly string[] }) => ({
  tools: [...new Set(of.tools)],
  skills: [...new Set(of.skills)],
  contactFor: [...new Set(of.contactFor)],
});

async function refuseUnusable(tx: Transaction, organizationId: string, given: PositionChange): Promise<void> {
  await refuseUnknownPlace(tx, organizationId, { departmentId: given.departmentId });
  if (given.tierId !== undefined && (await findTier(tx, organizationId, given.tierId)).id !== given.tierId) {
    throw new ClawpoolError(
      'invalid_request',
      `There is no tier with the id “${given.tierId}”.`,
      'Choose one by its id.',
    );
  }
  if (given.skills === undefined || given.skills.length === 0) return;
  // A skill that is named here is not deleted meanwhile.
  await lockSkills(tx, organizationId);
  await refuseUnknownSkills(tx, organizationId, { skills: given.skills });
}

/** Files of people name positions. */
async function refuseNamesake(tx: Transaction, organizationId: string, name: string): Promise<void> {
  if (!(await findPositionNamed(tx, organizationId, name))) return;
  throw new ClawpoolError('conflict', `There is a position “${name}” already.`, 'Choose another name.');
}

async function shown(db: Queryable, organizationId: string, positionId: string): Promise<Position> {
  const [position] = await listPositions(db, organizationId, null, positionId);
  if (!position) throw noSuchPosition(positionId);
  return position;
}
