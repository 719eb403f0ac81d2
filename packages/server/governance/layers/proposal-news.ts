import type { Role } from '@clawpool/contracts';
import { and, eq } from 'drizzle-orm';
import { notifyPerson } from '../../conversations/notifications/notify-person.ts';
import type { Principal } from '../../organization/principal.ts';
import { subtree } from '../../organization/scope.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import { departments, employees, members } from '../../store/schema/index.ts';
import { type LayerKey, rightsOn } from './layer.ts';
import type { ProposalStep } from './proposal.ts';
import type { ProposalRow } from './proposal-store.ts';

/** Everybody who may decide, but its author: somebody waits for them. */
export async function tellReviewers(
  tx: Transaction,
  { organizationId }: Principal,
  proposal: ProposalRow,
  key: LayerKey,
): Promise<void> {
  const reviewers = await listEditors(tx, organizationId, key, proposal.departmentId);
  for (const userId of reviewers) {
    if (userId === proposal.authorId) continue;
    await notifyPerson(tx, {
      ...{ organizationId, userId, kind: 'layer_proposal' },
      title: `A change to review: ${layerName(proposal)}`,
      text: `${proposal.author} asks for your decision${proposal.note === '' ? '' : `: ${proposal.note}`}`,
      dedupeKey: `${keyOf(proposal)}/submit/${userId}`,
    });
  }
}

/** What became of it, unless it was they themselves who decided. */
export async function tellAuthor(
  tx: Transaction,
  { organizationId, userId, name }: Principal,
  proposal: ProposalRow,
  step: ProposalStep,
): Promise<void> {
  const outcome = outcomes[step];
  if (outcome === undefined || userId === proposal.authorId) return;
  await notifyPerson(tx, {
    ...{ organizationId, userId: proposal.authorId, kind: 'layer_proposal' },
    title: `${outcome}: ${layerName(proposal)}`,
    text: `${name} has decided about the change you proposed.`,
    dedupeKey: `${keyOf(proposal)}/${step}`,
  });
}

const outcomes: Partial<Record<ProposalStep, string>> = {
  approve: 'Approved',
  reject: 'Rejected',
  canary: 'Tried by some agents',
  publish: 'Given to all agents',
  withdraw: 'Withdrawn',
};

const keyOf = ({ id, revision }: ProposalRow) => `layer-proposal/${id}/${revision}`;

const layerName = ({ scope, ownerName }: ProposalRow) =>
  scope === 'global' ? `the global layer of ${ownerName}` : `the layer of ${ownerName}`;

/** Users who may edit a layer, without those who are suspended. */
async function listEditors(
  db: Queryable,
  organizationId: string,
  key: LayerKey,
  departmentId: string | null,
): Promise<string[]> {
  const people = await db
    .select({
      userId: members.userId,
      roles: members.roles,
      permissions: members.permissions,
      departmentId: employees.departmentId,
      active: employees.active,
    })
    .from(members)
    .leftJoin(
      employees,
      and(eq(employees.organizationId, members.organizationId), eq(employees.id, members.employeeId)),
    )
    .where(eq(members.organizationId, organizationId));
  const tree = await db
    .select({ id: departments.id, parentId: departments.parentId })
    .from(departments)
    .where(eq(departments.organizationId, organizationId));
  return people.flatMap(({ userId, roles, permissions, departmentId: own, active }) => {
    const leads = roles.includes('manager') && own !== null ? subtree(own, tree) : [];
    const standing = { sees: null, leads, employeeId: null, positionId: null };
    const person = { roles: roles as Role[], permissions };
    return active !== false && rightsOn(key, { name: '', departmentId }, person, standing).edit ? [userId] : [];
  });
}
