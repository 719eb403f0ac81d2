import { ClawpoolError } from '@clawpool/contracts';
import { and, eq, inArray, ne, or, sql } from 'drizzle-orm';
import { discardOutbound } from '../../conversations/delivery/outbox-store.ts';
import { endAccessOfAgents } from '../../governance/approvals/grants/end-access.ts';
import { lockLayer } from '../../governance/layers/layer-store.ts';
import { requestOperation } from '../../pool/operations/request.ts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import {
  accounts,
  agentSettings,
  assignments,
  channelBindings,
  conversations,
  layerProposals,
  layers,
  layerVersions,
  members,
  pairings,
  personNotifications,
  routingRules,
  schedules,
  secondFactors,
  tenants,
  twins,
  users,
} from '../../store/schema/index.ts';
import { setTenantExpiry, stopTurnsOfTenant } from '../../twins/twin-store.ts';
import { endSessionsOf, type PersonRow } from './people-store.ts';
import { type AuditActor, removedDomain } from './person.ts';

/** What went, for the audit event. */
export interface RemovedTraces {
  tenantIds: string[];
  channels: number;
  schedules: number;
  rules: number;
  sessions: number;
}

/** Takes away everything that is a person's but the person, and lets go of what stays. */
export async function removeTraces(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { id: employeeId, userId }: PersonRow,
): Promise<RemovedTraces> {
  // In the order in which others lock: conversations before agents, a layer before what is made of it, turns before grants, and those before agents.
  if (userId !== null) await releaseTakeovers(tx, organizationId, userId);
  await removeLayer(tx, organizationId, employeeId);
  const tenantIds = await agentsOf(tx, organizationId, employeeId);
  for (const tenantId of tenantIds) await stopTurnsOfTenant(tx, { organizationId, tenantId });
  await endAccessOfAgents(tx, organizationId, actor, tenantIds);
  for (const tenantId of tenantIds) await deleteAgent(tx, organizationId, actor, tenantId);
  const channels = await tx
    .delete(channelBindings)
    .where(and(eq(channelBindings.organizationId, organizationId), eq(channelBindings.employeeId, employeeId)))
    .returning();
  for (const chat of channels) await discardOutbound(tx, chat);
  await tx
    .delete(pairings)
    .where(and(eq(pairings.organizationId, organizationId), eq(pairings.employeeId, employeeId)));
  const ended = await tx
    .delete(schedules)
    .where(and(eq(schedules.organizationId, organizationId), inArray(schedules.tenantId, tenantIds)));
  const shared = await tx
    .delete(assignments)
    .where(and(eq(assignments.organizationId, organizationId), eq(assignments.employeeId, employeeId)));
  const rules = await tx
    .delete(routingRules)
    .where(
      and(
        eq(routingRules.organizationId, organizationId),
        or(
          and(eq(routingRules.scope, 'employee'), eq(routingRules.ownerId, employeeId)),
          inArray(routingRules.tenantId, tenantIds),
        ),
      ),
    );
  await removeGovernance(tx, organizationId, employeeId);
  await tx.delete(twins).where(and(eq(twins.organizationId, organizationId), eq(twins.employeeId, employeeId)));
  // Those that were deleted long ago name their person too.
  await tx
    .update(tenants)
    .set({ employeeId: null })
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.employeeId, employeeId)));
  const endedSessions = userId === null ? 0 : await removeMember(tx, organizationId, userId);
  await notify(tx, 'schedules_changed', {});
  return {
    tenantIds,
    channels: channels.length,
    schedules: ended.rowCount ?? 0,
    rules: (shared.rowCount ?? 0) + (rules.rowCount ?? 0),
    sessions: endedSessions,
  };
}

/** The next look for takeovers whose time is over gives them back: with a note, and an answer to what nobody has answered. */
async function releaseTakeovers(tx: Transaction, organizationId: string, userId: string): Promise<void> {
  await tx
    .update(conversations)
    .set({ takenOverUntil: sql`now()` })
    .where(and(eq(conversations.organizationId, organizationId), eq(conversations.takenOverBy, userId)));
}

/** Whoever saves it now waits, and then finds its owner gone. */
async function removeLayer(tx: Transaction, organizationId: string, employeeId: string): Promise<void> {
  await lockLayer(tx, organizationId, { scope: 'personal', ownerId: employeeId });
  for (const table of [layerProposals, layerVersions, layers]) {
    await tx
      .delete(table)
      .where(and(eq(table.organizationId, organizationId), eq(table.scope, 'personal'), eq(table.ownerId, employeeId)));
  }
}

/** Their own, and their twin's. */
async function agentsOf(tx: Transaction, organizationId: string, employeeId: string): Promise<string[]> {
  const rows = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        ne(tenants.state, 'deleted'),
        sql`(${tenants.employeeId} = ${employeeId} or exists (select from twins w
          where w.organization_id = ${organizationId} and w.tenant_id = ${tenants.id} and w.employee_id = ${employeeId}))`,
      ),
    )
    .orderBy(tenants.id);
  return rows.map(({ id }) => id);
}

/** By an operation of now; where something else is being done to it, by the pool's upkeep afterwards, which comes again until it is done. */
async function deleteAgent(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  tenantId: string,
): Promise<void> {
  await setTenantExpiry(tx, { organizationId, tenantId }, new Date());
  const request = { kind: 'delete' as const, keepData: true, skipBackup: false };
  try {
    const asked = { organizationId, tenantId, request, requestedBy: actor.name, actor };
    await requestOperation(tx, asked, { images: new Set() });
  } catch (error) {
    if (!(error instanceof ClawpoolError) || error.code !== 'conflict') throw error;
  }
}

/** A newcomer with the same id begins with nothing. */
async function removeGovernance(tx: Transaction, organizationId: string, employeeId: string): Promise<void> {
  await tx
    .delete(agentSettings)
    .where(
      and(
        eq(agentSettings.organizationId, organizationId),
        eq(agentSettings.scope, 'employee'),
        eq(agentSettings.ownerId, employeeId),
      ),
    );
}

/**
 * The user stays as the name on conversations, without any way to sign in. Their e-mail is free again: whoever has it next is somebody
 * else, and does not find this one's conversations.
 */
async function removeMember(tx: Transaction, organizationId: string, userId: string): Promise<number> {
  await tx
    .delete(personNotifications)
    .where(and(eq(personNotifications.organizationId, organizationId), eq(personNotifications.userId, userId)));
  await tx.delete(members).where(and(eq(members.organizationId, organizationId), eq(members.userId, userId)));
  const elsewhere = await tx.select({ id: members.organizationId }).from(members).where(eq(members.userId, userId));
  const ended = await endSessionsOf(tx, [userId]);
  if (elsewhere.length > 0) return ended;
  await tx.delete(accounts).where(eq(accounts.userId, userId));
  await tx.delete(secondFactors).where(eq(secondFactors.userId, userId));
  await tx
    .update(users)
    .set({ email: `${userId}${removedDomain}` })
    .where(eq(users.id, userId));
  return ended;
}
