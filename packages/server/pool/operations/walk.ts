import type { OperationFailureReason, OperationPhase, TenantState } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Transaction } from '../../store/database.ts';
import { release } from '../capacity/capacity-store.ts';
import { operationFailureHints, statesWithRuntime } from '../tenant.ts';
import { findTenant, lockTenant, poolActor, transitionTenant } from '../tenant-store.ts';
import { isDatabaseAway } from './database-away.ts';
import { failureOf, OperationFailure, OperationLost } from './operation.ts';
import { finishOperation, postponeOperation, saveProgress } from './operation-store.ts';
import { atRest, type Plan, ran } from './plan.ts';
import { plans } from './plans.ts';
import { NoRoom, startRuntime } from './steps/start.ts';
import { inTransaction, refuseWhenLost, tenantOf, type Work } from './world.ts';

/** How an operation left the hands of this process. `lost`: it is, or will be, another's. */
export type Outcome =
  | { end: 'succeeded' }
  | { end: 'failed'; reason: OperationFailureReason; message: string; hint: string }
  | { end: 'waits' }
  | { end: 'lost' }
  | { end: 'database_away' };

/** Who waits for room is told when there is some; this is for what nobody tells. */
const lookForRoomMs = 15_000;

/** Walks an operation through what is left of its plan, and to its end. Never rejects. */
export async function walk(work: Work): Promise<Outcome> {
  const plan = plans[work.operation.kind];
  try {
    if (!work.operation.progress.failure) {
      try {
        await takeSteps(work, plan);
        return { end: 'succeeded' };
      } catch (error) {
        if (error instanceof OperationLost || isDatabaseAway(error)) throw error;
        // What broke may have broken because it was ended.
        refuseWhenLost(work);
        if (error instanceof NoRoom) return await waitForRoom(work);
        if (!(error instanceof OperationFailure)) work.world.onError(error);
        await noteFailure(work, plan, failureOf(error));
      }
    }
    return await putBack(work, plan);
  } catch (error) {
    if (error instanceof OperationLost || work.signal.aborted) return { end: 'lost' };
    if (isDatabaseAway(error)) return { end: 'database_away' };
    work.world.onError(error);
    return { end: 'lost' };
  }
}

async function takeSteps(work: Work, plan: Plan): Promise<void> {
  const { operation } = work;
  await noteBeginning(work);
  const from = plan.steps.findIndex(({ name }) => name === operation.progress.step);
  const left = plan.steps.slice(Math.max(0, from));
  let finished = false;
  const finish = async (tx: Transaction) => {
    await succeed(tx, work);
    finished = true;
  };
  for (const [index, step] of left.entries()) {
    refuseWhenLost(work);
    if (step.isNeeded && !(await step.isNeeded(work))) continue;
    await enter(work, step.name, step.phase);
    await step.run(work, index === left.length - 1 ? finish : null);
  }
  if (!finished) await inTransaction(work, finish);
}

/** What the tenant was, for whatever has to be as before at the end. */
async function noteBeginning({ world, operation }: Work): Promise<void> {
  if (operation.progress.stateBefore) return;
  const tenant = await findTenant(world.database.db, operation.tenantId);
  if (!tenant) throw new OperationLost();
  // Written down with the first step.
  operation.progress.stateBefore = tenant.state;
}

async function enter(work: Work, name: string, phase: OperationPhase): Promise<void> {
  const { operation } = work;
  if (operation.progress.step === name) return;
  operation.progress.step = name;
  operation.phase = phase;
  await inTransaction(work, (tx) => saveProgress(tx, operation, operation));
}

async function succeed(tx: Transaction, work: Work): Promise<void> {
  const { operation } = work;
  await settle(tx, work, null);
  const { remark } = operation.progress;
  await finishOperation(tx, operation, { state: 'succeeded', message: remark, result: operation.result });
}

/** The first reason counts: what goes wrong while the tenant is put back is told with the tenant. */
async function noteFailure(
  work: Work,
  plan: Plan,
  failure: { reason: OperationFailureReason; message: string; hint: string },
): Promise<void> {
  const { operation } = work;
  await inTransaction(work, async (tx) => {
    await plan.undo?.(tx, work);
    operation.progress.failure = { reason: failure.reason, message: failure.message, hint: failure.hint };
    await saveProgress(tx, operation, operation);
  });
}

async function putBack(work: Work, plan: Plan): Promise<Outcome> {
  const { operation, world } = work;
  const failure = operation.progress.failure;
  if (!failure) throw new Error('an operation that did not fail is put back');
  if (plan.startsAgain && ran(work)) {
    try {
      await startRuntime(work, null);
    } catch (error) {
      if (error instanceof OperationLost || isDatabaseAway(error)) throw error;
      // Without room it sleeps until its next message; what else went wrong is in the tenant's own row.
      if (!(error instanceof NoRoom) && !(error instanceof OperationFailure)) world.onError(error);
    }
  }
  const hint = failure.hint ?? operationFailureHints[failure.reason];
  await endHalfStarted(work);
  await inTransaction(work, async (tx) => {
    const name = await settle(tx, work, { ...failure, hint });
    await finishOperation(tx, operation, { state: 'failed', ...failure, hint, result: operation.result });
    await recordAudit(tx, operation.organizationId, {
      actor: poolActor,
      action: 'operation.failed',
      target: { type: 'tenant', id: operation.tenantId, name },
      outcome: 'failed',
      detail: {
        operationId: operation.id,
        kind: operation.kind,
        phase: operation.phase,
        reason: failure.reason,
        message: failure.message,
        requestedBy: operation.requestedBy,
      },
    });
  });
  return { end: 'failed', reason: failure.reason, message: failure.message, hint };
}

/** Leaves no tenant in a state that says that something is on its way. Returns the tenant's name. */
async function settle(
  tx: Transaction,
  work: Work,
  failure: { reason: OperationFailureReason; message: string; hint: string } | null,
): Promise<string> {
  const { organizationId, tenantId, progress, id } = work.operation;
  const row = await lockTenant(tx, organizationId, tenantId);
  if (!row) throw new OperationLost();
  const step = { organizationId, tenantId, generation: row.generation, detail: { operationId: id } };
  const to = settledState(row.state, progress.stateBefore, failure !== null);
  if (to !== row.state) {
    await transitionTenant(tx, { ...step, to, ...(failure && to === 'failed' ? failure : {}) });
  }
  if (failure && !statesWithRuntime.includes(to)) await release(tx, tenantId);
  return row.name;
}

function settledState(state: TenantState, before: TenantState | undefined, failed: boolean): TenantState {
  switch (state) {
    case 'queued':
    case 'pending':
    case 'creating':
      return failed ? 'failed' : 'hibernated';
    case 'restoring':
    case 'migrating':
    case 'deleting':
      // One that was being made has nothing to go back to.
      return failed && before === 'queued' ? 'failed' : atRest(before);
    default:
      return state;
  }
}

/** Of a start that broke between the host and the database: a runtime nobody knows of must not stay. */
async function endHalfStarted(work: Work): Promise<void> {
  const { state, hostId } = await tenantOf(work);
  if (state !== 'creating' || hostId === null) return;
  await work.world.hosts.get(hostId)?.stop(work.operation.tenantId);
}

async function waitForRoom(work: Work): Promise<Outcome> {
  const { operation } = work;
  const { organizationId, tenantId } = operation;
  await inTransaction(work, async (tx) => {
    const row = await lockTenant(tx, organizationId, tenantId);
    if (!row) throw new OperationLost();
    if (row.state !== 'pending') {
      await transitionTenant(tx, {
        organizationId,
        tenantId,
        to: 'pending',
        generation: row.generation,
        reason: 'capacity_unavailable',
        hint: operationFailureHints.capacity_unavailable,
        detail: { operationId: operation.id },
      });
    }
    await postponeOperation(tx, operation, { progress: operation.progress, retryMs: lookForRoomMs });
  });
  return { end: 'waits' };
}
