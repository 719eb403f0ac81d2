import { sql } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { concernsSuspended } from '../accept.ts';
import type { LockedSession } from './takeover-store.ts';

/**
 * Queues what nobody has answered when a session comes back to its agent: the last turn, when its message came after the last thing a human
 * said. It is the same turn again, so its answer goes where the caller wrote from; what else was said meanwhile the agent is told with it. Of
 * turns that wait still to be ended, none is. Agents of suspended people answer nobody. The session is locked and its takeover ended in the transaction, so this happens once.
 *
 * @returns the turn's id; null: there is nothing to answer
 */
export async function reopenUnanswered(tx: Transaction, session: LockedSession): Promise<string | null> {
  // Nobody waits for what a schedule asks, and its run is over.
  if (session.path === 'cron') return null;
  const { organizationId, id: conversationId } = session;
  const { rows: suspended } = await tx.execute(sql`
    select from conversations c where organization_id = ${organizationId} and id = ${conversationId} and ${concernsSuspended}`);
  if (suspended.length > 0) return null;
  const waiting = await tx.execute(sql`
    update turns set stop_requested_at = null
    where organization_id = ${organizationId} and conversation_id = ${conversationId} and finished_at is null
      and lease_owner is null and stop_requested_at is not null`);
  const { rows } = await tx.execute<{ id: string }>(sql`
    update turns t set state = 'queued', finished_at = null, stop_requested_at = null, retry_at = null, attempts = 0
    from messages m
    where t.organization_id = ${organizationId} and t.conversation_id = ${conversationId} and t.state = 'handed_over'
      and m.organization_id = t.organization_id and m.turn_id = t.id and m.role = 'person' and not m.known_to_agent
      and not exists (select from turns later where later.organization_id = t.organization_id
        and later.conversation_id = t.conversation_id and later.arrival > t.arrival)
      and not exists (select from messages h where h.organization_id = m.organization_id
        and h.conversation_id = m.conversation_id and h.role = 'human' and h.created_at > m.created_at)
    returning t.id`);
  const turnId = rows[0]?.id ?? null;
  if (turnId !== null) await notify(tx, 'conversation_changed', { organizationId, conversationId, turnId });
  if (turnId !== null || (waiting.rowCount ?? 0) > 0) await notify(tx, 'turn_accepted', {});
  return turnId;
}
