import {
  ClawpoolError,
  type CreateTenantBody,
  type NewAuditEvent,
  type Operation,
  type OperationFailureReason,
  type OperationRequest,
  type Tenant,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { transact } from '../../store/deadlock.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import { release } from '../capacity/capacity-store.ts';
import { operationFailureHints, statesWithRuntime } from '../tenant.ts';
import { lockTenant, poolActor, transitionTenant } from '../tenant-store.ts';
import { cancelOperation } from './cancel.ts';
import { createTenant } from './create.ts';
import { createExecutor } from './executor.ts';
import { type OperationProgress, operationLeaseMs, stateAfterAbandon } from './operation.ts';
import { startOperationRunner } from './operation-runner.ts';
import { claimedOf, endFromOutside, findOperation, insertClaimed, listOperations } from './operation-store.ts';
import { plans } from './plans.ts';
import { requestOperation } from './request.ts';
import type { Outcome } from './walk.ts';
import type { OperationWorld, Work } from './world.ts';

/** What is asked of tenants, by people and by Clawpool itself; done in the background by the operation runner. */
export interface OperationService {
  /**
   * Makes the operation, or answers the one with the same client token.
   * Errors: `not_found`; `conflict` (another is open, or the state forbids it); `quota_exceeded`; `invalid_request`.
   */
  request(input: RequestedOperation): Promise<Operation>;
  /** Makes a tenant and its create operation. The same errors. */
  create(input: RequestedTenant): Promise<{ tenant: Tenant; operation: Operation }>;
  find(organizationId: string, operationId: string): Promise<Operation | null>;
  /** Of one tenant, newest first. */
  list(organizationId: string, tenantId: string, limit: number): Promise<Operation[]>;
  /**
   * Ends an open operation from outside: raises the fence, so that its executor writes nothing more, puts back what it changed of the
   * tenant, releases the reservation when the runtime did not come to be, sets the tenant's state, stops what is left on the host.
   * False: it was over already.
   */
  abandon(operationId: string, failure: { reason: OperationFailureReason; message: string }): Promise<boolean>;
  /**
   * Calls one back that still waits. Null: there is no such operation. Error `conflict`: it is under way, or over.
   */
  cancel(asked: {
    organizationId: string;
    operationId: string;
    actor: NewAuditEvent['actor'];
  }): Promise<Operation | null>;
  /** Claims no more, gives up what is under way to the next process. */
  close(): Promise<void>;
}

/** What the pool itself needs besides. */
export interface InnerOperationService extends OperationService {
  /** Makes an operation and does it at once, in this process. Null: the tenant has another open one. */
  doNow(made: {
    organizationId: string;
    tenantId: string;
    kind: 'wake' | 'hibernate';
    requestedBy: string;
    progress?: OperationProgress;
  }): Promise<Outcome | null>;
  /** Begins with what waits, which may be of an earlier process. */
  start(): void;
  stopClaiming(): Promise<void>;
}

export interface RequestedOperation {
  organizationId: string;
  /** The tenant's id, not its name. */
  tenantId: string;
  request: OperationRequest;
  /** A person's name, or what of Clawpool itself: `idle`, `timetable`, `expiry`, `always-on`, `batch`. */
  requestedBy: string;
  /** A person who asks: the request is an audit event of theirs. */
  actor?: NewAuditEvent['actor'];
  batchId?: string;
}

export interface RequestedTenant {
  organizationId: string;
  body: CreateTenantBody;
  requestedBy: string;
  actor?: NewAuditEvent['actor'];
}

export function createOperationService(
  world: OperationWorld,
  notifications: NotificationListener,
  show: (tenantId: string) => Promise<Tenant | null>,
): InnerOperationService {
  const { db } = world.database;
  const executor = createExecutor(world);
  let runner: { close(): Promise<void> } | null = null;
  const images = new Set([...world.descriptions.values()].flatMap((host) => host.images.map(({ id }) => id)));

  async function shown(organizationId: string, operationId: string): Promise<Operation> {
    const operation = await findOperation(db, organizationId, operationId);
    if (!operation) throw new Error('an operation that was just made is gone');
    return operation;
  }

  /** The checkpoint that a request names exists, or the request is refused. */
  async function checkpointOf({ organizationId, request }: RequestedOperation): Promise<string | undefined> {
    if (request.kind !== 'restore') return undefined;
    return (await world.checkpoints.resolve(organizationId, request.from)).id;
  }

  async function abandon(
    operationId: string,
    { reason, message }: { reason: OperationFailureReason; message: string },
  ): Promise<boolean> {
    const left = await db.transaction(async (tx) => {
      const hint = operationFailureHints[reason];
      const operation = await endFromOutside(tx, operationId, { state: 'failed', reason, message, hint });
      if (!operation) return null;
      const { organizationId, tenantId, kind, phase } = operation;
      const tenant = await lockTenant(tx, organizationId, tenantId);
      if (!tenant) return null;
      const over: Work = { world, operation: claimedOf(operation), signal: AbortSignal.abort() };
      await plans[kind].undo?.(tx, over);
      const to = stateAfterAbandon(tenant.state, phase);
      const detail = { operationId, kind, phase, message };
      if (to !== tenant.state) {
        await transitionTenant(tx, {
          organizationId,
          tenantId,
          to,
          generation: tenant.generation,
          reason,
          hint,
          detail,
        });
      }
      const keeps = statesWithRuntime.includes(to);
      if (!keeps) await release(tx, tenantId);
      await recordAudit(tx, organizationId, {
        actor: poolActor,
        action: 'operation.failed',
        target: { type: 'tenant', id: tenantId, name: tenant.name },
        outcome: 'failed',
        detail: { ...detail, reason, requestedBy: operation.requestedBy },
      });
      return { tenantId, hostId: tenant.hostId, keeps };
    });
    if (!left) return false;
    executor.drop(operationId);
    if (!left.keeps) {
      world.runtimes.ended(left.tenantId);
      // Not waited for: a host that hangs is one of the reasons for which operations are given up.
      if (left.hostId !== null) world.hosts.get(left.hostId)?.stop(left.tenantId).catch(world.onError);
    }
    return true;
  }

  return {
    request: async (input) => {
      const checkpointId = await checkpointOf(input);
      const made = await db.transaction((tx) => requestOperation(tx, input, { images, checkpointId }));
      return shown(input.organizationId, made.id);
    },
    create: async (input) => {
      const { organizationId, body } = input;
      const checkpointId = body.restoreFrom && (await world.checkpoints.resolve(organizationId, body.restoreFrom)).id;
      const made = await db.transaction((tx) => createTenant(tx, input, { images, checkpointId })).catch(nameIsTaken);
      const tenant = await show(made.tenantId);
      if (!tenant) throw new Error('a tenant that was just made is gone');
      return { tenant, operation: await shown(organizationId, made.operation.id) };
    },
    find: (organizationId, operationId) => findOperation(db, organizationId, operationId),
    list: (organizationId, tenantId, limit) => listOperations(db, organizationId, { tenantId }, limit),
    abandon,
    cancel: async (asked) => {
      const row = await transact(db, (tx) => cancelOperation(tx, asked));
      return row && shown(row.organizationId, row.id);
    },
    doNow: async ({ kind, ...made }) => {
      const operation = await insertClaimed(db, world.owner, operationLeaseMs, { ...made, kind, request: { kind } });
      return operation && executor.run(operation);
    },
    start: () => {
      runner ??= startOperationRunner(world, executor, notifications);
    },
    stopClaiming: async () => runner?.close(),
    close: async () => {
      await runner?.close();
      await executor.close();
    },
  };
}

/** Two requests for one name at once: the constraint decides. */
function nameIsTaken(error: unknown): never {
  const { code, constraint } = ((error as Error).cause ?? error) as { code?: string; constraint?: string };
  if (code === '23505' && (constraint === 'tenant_name' || constraint === 'one_personal_tenant_per_employee')) {
    throw new ClawpoolError('conflict', 'There is such a tenant already.', 'Choose another name or employee.');
  }
  throw error;
}
