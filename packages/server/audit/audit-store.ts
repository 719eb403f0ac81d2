import type { AuditEvent, NewAuditEvent } from '@clawpool/contracts';
import { and, desc, eq, gte, ilike, inArray, like, lt, or } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { auditEvents } from '../store/schema/index.ts';

/** Adds an event. Give it the transaction of the change it tells about: both happen, or neither. */
export async function recordAudit(tx: Queryable, organizationId: string, event: NewAuditEvent): Promise<void> {
  await tx.insert(auditEvents).values({
    organizationId,
    actorType: event.actor.type,
    actorId: event.actor.id,
    actorName: event.actor.name,
    action: event.action,
    targetType: event.target?.type ?? null,
    targetId: event.target?.id ?? null,
    targetName: event.target?.name ?? null,
    outcome: event.outcome,
    detail: event.detail,
  });
}

export interface AuditQuery {
  /** Only events before (older than) the one with this id. */
  before?: string | undefined;
  /** An exact action, or all that begin with it when it ends with a dot. */
  action?: string | undefined;
  outcome?: AuditEvent['outcome'] | undefined;
  actor?: AuditEvent['actor']['type'] | undefined;
  /** ISO time; nothing that was before it. */
  since?: string | undefined;
  /** Part of the actor's or the target's name, in any case. */
  search?: string | undefined;
  /** Of which one is the actor or the target: ids of a user, an employee, a tenant. */
  involving?: readonly string[] | undefined;
  limit: number;
}

/** Newest first. */
export async function listAuditEvents(db: Queryable, organizationId: string, query: AuditQuery): Promise<AuditEvent[]> {
  const rows = await db
    .select()
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.organizationId, organizationId),
        query.before ? lt(auditEvents.id, numberOf(query.before)) : undefined,
        query.action ? actionMatches(query.action) : undefined,
        query.outcome ? eq(auditEvents.outcome, query.outcome) : undefined,
        query.actor ? eq(auditEvents.actorType, query.actor) : undefined,
        query.since ? gte(auditEvents.at, new Date(query.since)) : undefined,
        query.search ? nameContains(query.search) : undefined,
        query.involving
          ? or(inArray(auditEvents.actorId, [...query.involving]), inArray(auditEvents.targetId, [...query.involving]))
          : undefined,
      ),
    )
    .orderBy(desc(auditEvents.id))
    .limit(query.limit);
  return rows.map(toEvent);
}

/** The events about one thing, newest first; an agent's own are about itself. */
export async function listEventsOf(
  db: Queryable,
  organizationId: string,
  { type, id }: { type: string; id: string },
  { before, limit }: { before?: string | undefined; limit: number },
): Promise<AuditEvent[]> {
  const rows = await db
    .select()
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.organizationId, organizationId),
        before ? lt(auditEvents.id, numberOf(before)) : undefined,
        or(
          and(eq(auditEvents.targetType, type), eq(auditEvents.targetId, id)),
          type === 'tenant' ? and(eq(auditEvents.actorType, 'agent'), eq(auditEvents.actorId, id)) : undefined,
        ),
      ),
    )
    .orderBy(desc(auditEvents.id))
    .limit(limit);
  return rows.map(toEvent);
}

const toEvent = (row: typeof auditEvents.$inferSelect): AuditEvent => ({
  id: String(row.id),
  at: row.at.toISOString(),
  actor: { type: row.actorType, id: row.actorId, name: row.actorName },
  action: row.action,
  target: row.targetType === null ? null : { type: row.targetType, id: row.targetId ?? '', name: row.targetName ?? '' },
  outcome: row.outcome,
  detail: row.detail,
});

/** What is no event's number finds nothing. */
const numberOf = (id: string) => (/^\d{1,15}$/.test(id) ? Number(id) : 0);

const actionMatches = (action: string) =>
  action.endsWith('.') ? like(auditEvents.action, `${literal(action)}%`) : eq(auditEvents.action, action);

const nameContains = (text: string) =>
  or(ilike(auditEvents.actorName, `%${literal(text)}%`), ilike(auditEvents.targetName, `%${literal(text)}%`));

/** `%` and `_` mean themselves. */
const literal = (text: string) => text.replace(/[\\%_]/g, '\\$&');
