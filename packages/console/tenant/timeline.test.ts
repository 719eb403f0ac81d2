import type { AuditEvent, Operation } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { sumOfTurns, turnsOver, withGaps } from './metrics.ts';
import { secondsOf, timelineOf } from './timeline.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 2, 10, 12, minute)).toISOString();
const event = (minute: number): AuditEvent => ({
  id: `e${minute}`,
  at: at(minute),
  actor: { type: 'system', id: 's', name: 's' },
  action: 'tenant.started',
  target: null,
  outcome: 'allowed',
  detail: {},
});
const operation = (minute: number, parts: Partial<Operation> = {}): Operation => ({
  id: `o${minute}`,
  tenantId: 't',
  tenantName: 't',
  kind: 'start',
  state: 'succeeded',
  phase: 'finished',
  reason: null,
  message: null,
  hint: null,
  requestedBy: 'Alex',
  batchId: null,
  result: null,
  createdAt: at(minute),
  startedAt: at(minute),
  finishedAt: at(minute + 1),
  deadlineAt: at(minute + 5),
  ...parts,
});
const ids = (entries: ReturnType<typeof timelineOf>) =>
  entries.map((entry) => (entry.type === 'event' ? entry.event.id : entry.operation.id));

describe('the timeline of a tenant', () => {
  it('has operations and events in one order, newest first', () => {
    const entries = timelineOf([operation(5), operation(1)], [event(6), event(5), event(0)], true, 'everything');
    expect(ids(entries)).toEqual(['e6', 'o5', 'e5', 'o1', 'e0']);
  });

  it('holds older operations back until the events between them are loaded', () => {
    expect(ids(timelineOf([operation(5), operation(1)], [event(6), event(4)], false, 'everything'))).toEqual([
      'e6',
      'o5',
      'e4',
    ]);
  });

  it('shows one kind only, all that is known of it', () => {
    expect(ids(timelineOf([operation(5), operation(1)], [event(6)], false, 'operations'))).toEqual(['o5', 'o1']);
    expect(ids(timelineOf([operation(5)], [event(6)], false, 'events'))).toEqual(['e6']);
  });
});

describe('how long an operation took', () => {
  it('is counted from its beginning to its end, or until now', () => {
    const now = Date.parse(at(3));
    expect(secondsOf(operation(1), now)).toBe(60);
    expect(secondsOf(operation(1, { finishedAt: null }), now)).toBe(120);
    expect(secondsOf(operation(1, { startedAt: null, finishedAt: null }), now)).toBeNull();
  });
});

describe('samples over time', () => {
  const sample = (minute: number) => ({
    at: at(minute),
    memoryBytes: 1,
    cpuPercent: 1,
    diskBytes: 1,
    processes: 1,
    turns: 0,
  });

  it('are put in order', () => {
    expect(withGaps([sample(2), sample(1)]).map((point) => point.at)).toEqual([Date.parse(at(1)), Date.parse(at(2))]);
  });

  it('are counted as turns by parts of the stretch that is shown, each once', () => {
    const samples = [0, 1, 59, 61].map((minute) => ({ at: at(minute), turns: 2 }));
    const points = turnsOver(samples, { from: Date.parse(at(0)), to: Date.parse(at(60)) });
    expect(points).toHaveLength(48);
    expect(points.filter(({ value }) => value > 0).map(({ value }) => value)).toEqual([4, 2]);
    expect(sumOfTurns(samples)).toBe(8);
  });

  it('have a gap where nothing was measured, and none between samples that are ten minutes apart', () => {
    const points = withGaps([sample(0), sample(10), sample(55)]);
    expect(points.map(({ memoryBytes }) => memoryBytes)).toEqual([1, 1, null, 1]);
  });
});
