import { randomUUID } from 'node:crypto';
import { ClawpoolError, type SignInError } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { addPerson } from '../../organization/people/person-writer.ts';
import type { Drizzle, Transaction } from '../../store/database.ts';
import { type ClaimedPerson, domainRefusal, emailRefusal, rolesOfGroups } from './claims.ts';
import { type ProviderRow, placeExists } from './identity-provider-store.ts';
import {
  deleteLink,
  findLinked,
  findMember,
  findMemberByEmail,
  hasLinkOf,
  insertLink,
  type MemberRow,
} from './linked-account-store.ts';

export type FoundPerson = { userId: string } | { error: SignInError; cause?: unknown };

/**
 * Which of our people an identity provider speaks of: whoever is linked to its subject; otherwise, where the e-mail is to be believed, whoever
 * has that e-mail, who is linked then; otherwise, where the provider may, somebody new. Only people of the provider's organization.
 */
export async function findOrCreatePerson(
  db: Drizzle,
  provider: ProviderRow,
  claimed: ClaimedPerson,
  address: string,
): Promise<FoundPerson> {
  try {
    return await db.transaction(async (tx) => {
      // Two browsers of one new person at once: the second finds whom the first has created.
      const subject = `sign-in ${claimed.issuer} ${claimed.subject}`;
      await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${subject}, 0))`);
      return (await findByLink(tx, provider, claimed)) ?? (await findByEmail(tx, provider, claimed, address));
    });
  } catch (error) {
    // What `addPerson` refuses: a quota, an e-mail of another organization. Everything it had begun is undone.
    if (error instanceof ClawpoolError) return { error: 'not_created', cause: error };
    throw error;
  }
}

async function findByLink(tx: Transaction, provider: ProviderRow, claimed: ClaimedPerson): Promise<FoundPerson | null> {
  const userId = await findLinked(tx, claimed);
  if (userId === null) return null;
  const member = await findMember(tx, provider.organizationId, userId);
  if (member) {
    const refusal = domainRefusal(claimed.email, provider);
    return refusal ? { error: refusal } : letIn(member);
  }
  // Of somebody who was removed here: they begin anew. Another organization's link is none of ours.
  return (await deleteLink(tx, claimed, provider.id)) ? null : { error: 'person_unknown' };
}

async function findByEmail(
  tx: Transaction,
  provider: ProviderRow,
  claimed: ClaimedPerson,
  address: string,
): Promise<FoundPerson> {
  const refusal = emailRefusal(claimed, provider);
  if (refusal) return { error: refusal };
  const email = claimed.email ?? '';
  const member = await findMemberByEmail(tx, provider.organizationId, email);
  if (!member) return create(tx, provider, { ...claimed, email }, address);
  // An admin chooses the provider, and must not become an operator by it.
  if (member.roles.includes('operator')) return { error: 'operator_by_password' };
  // The provider has given the e-mail to somebody else.
  if (await hasLinkOf(tx, member.userId, claimed.issuer)) return { error: 'linked_to_another' };
  const found = letIn(member);
  if ('error' in found) return found;
  await link(tx, provider, claimed, member, address);
  return found;
}

async function create(
  tx: Transaction,
  provider: ProviderRow,
  claimed: ClaimedPerson & { email: string },
  address: string,
): Promise<FoundPerson> {
  const { organizationId, autoCreate, departmentId, positionId } = provider;
  if (!autoCreate || departmentId === null) return { error: 'person_unknown' };
  const place = await placeExists(tx, organizationId, { departmentId, positionId });
  if (!place.department || !place.position) {
    return { error: 'not_created', cause: new Error('the department or position of new people is gone') };
  }
  const name = claimed.name || claimed.email;
  const { userId } = await addPerson(tx, organizationId, actorOf(provider), {
    ...{ name, email: claimed.email, departmentId, positionId },
    roles: rolesOfGroups(claimed.groups, provider.groupRoles),
    source: 'local',
    passwordHash: null,
  });
  await link(tx, provider, claimed, { userId, name }, address);
  return { userId };
}

async function link(
  tx: Transaction,
  provider: ProviderRow,
  { issuer, subject, email }: ClaimedPerson,
  { userId, name }: { userId: string; name: string },
  address: string,
): Promise<void> {
  await insertLink(tx, { id: `oidc-${randomUUID()}`, providerId: provider.id, issuer, accountId: subject, userId });
  await recordAudit(tx, provider.organizationId, {
    actor: actorOf(provider),
    action: 'sign_in.linked',
    target: { type: 'user', id: userId, name },
    outcome: 'allowed',
    detail: { issuer, subject, email, address },
  });
}

const letIn = ({ userId, active }: MemberRow): FoundPerson => (active ? { userId } : { error: 'suspended' });

const actorOf = ({ id, name }: ProviderRow) => ({ type: 'system' as const, id, name });
