import type { AuditEvent, Operation } from '@clawpool/contracts';

/** What happened to a tenant: an operation, at the moment at which it was asked for, or an audit event. */
export type TimelineEntry =
  | { type: 'operation'; at: number; operation: Operation }
  | { type: 'event'; at: number; event: AuditEvent };

export type TimelineFilter = 'everything' | 'operations' | 'events';

/**
 * Both lists as one, newest first. While there are older events to be loaded (`complete` is false), operations that are older than
 * the oldest loaded event wait: they would stand before events that belong between them.
 */
export function timelineOf(
  operations: readonly Operation[],
  events: readonly AuditEvent[],
  complete: boolean,
  filter: TimelineFilter,
): TimelineEntry[] {
  const told = events.map((event) => ({ type: 'event' as const, at: Date.parse(event.at), event }));
  const done = operations.map((operation) => ({
    type: 'operation' as const,
    at: Date.parse(operation.createdAt),
    operation,
  }));
  if (filter === 'operations') return newestFirst(done);
  if (filter === 'events') return newestFirst(told);
  const oldest = complete ? Number.NEGATIVE_INFINITY : Math.min(...told.map(({ at }) => at));
  return newestFirst([...told, ...done.filter(({ at }) => at >= oldest)]);
}

/** An operation stands above the events it caused in the same moment. */
const newestFirst = (entries: TimelineEntry[]): TimelineEntry[] =>
  entries.sort((a, b) => b.at - a.at || (a.type === b.type ? 0 : a.type === 'operation' ? -1 : 1));

/** Seconds an operation took, or has taken so far; null before it began. */
export function secondsOf(operation: Pick<Operation, 'startedAt' | 'finishedAt'>, now: number): number | null {
  if (operation.startedAt === null) return null;
  const end = operation.finishedAt === null ? now : Date.parse(operation.finishedAt);
  return Math.max(0, (end - Date.parse(operation.startedAt)) / 1000);
}
