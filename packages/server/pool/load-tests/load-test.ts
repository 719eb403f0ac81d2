import type { LoadTest, OperationFailureReason, OperationState, TenantState } from '@clawpool/contracts';
import type { loadTests } from '../../store/schema/index.ts';

export type LoadTestRow = typeof loadTests.$inferSelect;
export type LoadTestRequest = LoadTestRow['requests'][number];

/** What became of one tenant of a test. */
export interface LoadTestTenant {
  id: string;
  name: string;
  state: TenantState;
  /** Of its create operation. */
  created: {
    state: OperationState;
    reason: OperationFailureReason | null;
    message: string | null;
    createdAt: Date;
    finishedAt: Date | null;
  } | null;
}

/** A DNS label, and short enough for `lt-<id>-<n>`. */
export const tenantNameOf = (testId: string, index: number): string => `lt-${testId}-${index + 1}`;

/** By nearest rank: a value that was really measured. Null: nothing was. */
export function percentilesOf(values: readonly number[]): { p50: number; p99: number; max: number } | null {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
  const [p50, p99, max] = [rank(0.5), rank(0.99), sorted.at(-1)];
  if (p50 === undefined || p99 === undefined || max === undefined) return null;
  return { p50, p99, max };
}

/** All requests are answered, and each tenant runs or has failed. */
export const isSettled = (row: LoadTestRow, tenants: readonly LoadTestTenant[]): boolean =>
  row.requests.length >= row.count && tenants.every(({ created }) => created === null || created.finishedAt !== null);

export function toLoadTest(row: LoadTestRow, tierName: string, tenants: readonly LoadTestTenant[]): LoadTest {
  const ran = tenants.flatMap(({ created }) =>
    created?.state === 'succeeded' && created.finishedAt ? [{ ...created, finishedAt: created.finishedAt }] : [],
  );
  const remaining = tenants.filter(({ state }) => state !== 'deleted').length;
  const failures = [...refusals(row), ...failedStarts(tenants)];
  const times = {
    requestMs: row.requests.map(({ ms }) => ms).sort((a, b) => a - b),
    runningMs: ran.map(({ createdAt, finishedAt }) => finishedAt.getTime() - createdAt.getTime()).sort((a, b) => a - b),
  };
  const lastRan = Math.max(...ran.map(({ finishedAt }) => finishedAt.getTime()));
  return {
    id: row.id,
    state: stateOf(row, remaining),
    count: row.count,
    tier: tierName,
    accepted: row.requests.filter(({ tenantId }) => tenantId !== null).length,
    running: ran.length,
    failed: failures.length,
    requestMs: percentilesOf(times.requestMs),
    runningMs: percentilesOf(times.runningMs),
    times,
    allRunningMs: row.finishedAt && ran.length > 0 ? Math.max(0, lastRan - row.startedAt.getTime()) : null,
    failures,
    remaining,
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

function stateOf(row: LoadTestRow, remaining: number): LoadTest['state'] {
  // `cleanedAt` is when the clean-up was asked for; it is over when nothing is left.
  if (row.cleanedAt) return remaining > 0 ? 'cleaning' : 'cleaned';
  if (row.finishedAt) return 'finished';
  return row.requests.length < row.count ? 'creating' : 'starting';
}

const refusals = (row: LoadTestRow): LoadTest['failures'] =>
  row.requests.flatMap(({ tenantId, reason, message }, index) =>
    tenantId === null
      ? [{ tenant: tenantNameOf(row.id, index), reason: reason ?? ('system_error' as const), message: message ?? '' }]
      : [],
  );

const failedStarts = (tenants: readonly LoadTestTenant[]): LoadTest['failures'] =>
  tenants.flatMap(({ name, created }) =>
    created && (created.state === 'failed' || created.state === 'cancelled')
      ? [{ tenant: name, reason: created.reason ?? ('cancelled' as const), message: created.message ?? '' }]
      : [],
  );
