import { ClawpoolError, type OperationRequest, type TenantState } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { hosts, tenants } from '../../store/schema/index.ts';
import { refuseGrowth, resourcesOf } from '../quotas/quota-check.ts';
import { lockQuotas } from '../quotas/quota-store.ts';
import { effectiveValues } from '../templates/template.ts';
import { chooseTemplate } from '../templates/template-service.ts';
import { operationsIn } from '../tenant.ts';
import {
  findTenant,
  hasRunningTurn,
  lockTenant,
  poolActor,
  type TenantRow,
  transitionTenant,
} from '../tenant-store.ts';
import { type OperationRow, refuseLostBeginning } from './operation.ts';
import type { RequestedOperation } from './operation-service.ts';
import { endFromOutside, findByClientToken, findOpenOperation, insertOperation } from './operation-store.ts';

/** What the caller knows, outside of the transaction. */
export interface RequestRules {
  /** Ids of the images there are. */
  images: ReadonlySet<string>;
  /** Of the checkpoint that is asked for. */
  checkpointId?: string | undefined;
}

/** Writes the request down, as one transaction of the caller, once everything that can be said against it now has been looked at. */
export async function requestOperation(
  tx: Transaction,
  input: RequestedOperation,
  rules: RequestRules,
): Promise<OperationRow> {
  const { organizationId, tenantId, requestedBy, batchId } = input;
  const { clientToken, ...request } = input.request;
  const row = await lockTenant(tx, organizationId, tenantId);
  const known = await answeredBefore(tx, input);
  if (known) return known;
  const tenant = row && (await findTenant(tx, tenantId));
  if (!tenant || tenant.state === 'deleted') {
    throw new ClawpoolError('not_found', `There is no tenant “${tenantId}”.`, '`clawpool tenants` lists them.');
  }
  const done = batchId !== undefined && alreadySo(request.kind, tenant.state);
  if (!done) {
    await makeWayFor(tx, tenant, request.kind);
    refuseInState(tenant, request.kind);
    await refuseUnlessPossible(tx, tenant, input.request, rules);
  }
  const made = await insertOperation(tx, {
    organizationId,
    tenantId,
    kind: request.kind,
    request,
    requestedBy,
    clientToken,
    batchId,
    done,
  });
  // The tenant is locked and has no open operation: only the token can be somebody else's, of this moment.
  if (!made) return (await answeredBefore(tx, input)) ?? raise(tokenIsTaken());
  if (input.actor) {
    await recordAudit(tx, organizationId, {
      actor: input.actor,
      action: `tenant.${request.kind}_requested`,
      target: { type: 'tenant', id: tenant.id, name: tenant.name },
      outcome: 'allowed',
      detail: { operationId: made.id, ...request },
    });
  }
  await notify(tx, 'operation_requested', {});
  await notify(tx, 'tenant_changed', { organizationId, tenantId });
  return made;
}

async function answeredBefore(tx: Transaction, input: RequestedOperation): Promise<OperationRow | null> {
  const { kind, clientToken } = input.request;
  if (clientToken === undefined) return null;
  const known = await findByClientToken(tx, input.organizationId, clientToken);
  if (!known) return null;
  if (known.kind === kind && known.tenantId === input.tenantId) return known;
  throw tokenIsTaken();
}

export const tokenIsTaken = () =>
  new ClawpoolError(
    'conflict',
    'The client token belongs to another request.',
    'Use a new token for every request, and the same one only to repeat it.',
  );

/** In a batch, what is there already is done, not refused. */
function alreadySo(kind: OperationRequest['kind'], state: TenantState): boolean {
  if (kind === 'start' || kind === 'wake') return state === 'running';
  if (kind === 'stop') return state === 'stopped';
  if (kind === 'hibernate') return state === 'hibernated' || state === 'stopped';
  return false;
}

/** What only waits, for its turn or for room, is cancelled by whoever does not want the tenant to run any more. */
async function makeWayFor(tx: Transaction, tenant: TenantRow, kind: OperationRequest['kind']): Promise<void> {
  const open = await findOpenOperation(tx, tenant.organizationId, tenant.id);
  if (!open) return;
  const waits = open.state === 'queued' && open.leaseOwner === null;
  const starts = open.kind === 'create' || open.kind === 'start' || open.kind === 'wake' || tenant.state === 'pending';
  if (!waits || !starts || (kind !== 'delete' && kind !== 'stop')) {
    throw new ClawpoolError(
      'conflict',
      `The tenant “${tenant.name}” is busy: ${open.kind} is under way.`,
      `Wait until it is over (operation ${open.id}), then ask again.`,
    );
  }
  if (kind === 'stop') refuseLostBeginning(open, tenant);
  await endFromOutside(tx, open.id, {
    state: 'cancelled',
    reason: 'cancelled',
    message: `A ${kind} was asked for while it waited.`,
  });
  if (kind === 'stop' && (tenant.state === 'queued' || tenant.state === 'pending')) {
    const { organizationId, id: tenantId, generation } = tenant;
    await transitionTenant(tx, { organizationId, tenantId, to: 'hibernated', generation });
    tenant.state = 'hibernated';
  }
}

const whyNot: Partial<Record<TenantState, string>> = {
  running: 'It runs.',
  paused: 'It is paused. Resume it first.',
  stopped: 'It is stopped. Start it first.',
  hibernated: 'It sleeps; a message or a start wakes it.',
  requires_attention: 'It needs attention: restore a backup, or start it as it is.',
  failed: 'Its last start failed. Start it again first.',
};

function refuseInState(tenant: TenantRow, kind: OperationRequest['kind']): void {
  if (operationsIn[tenant.state].includes(kind)) return;
  throw new ClawpoolError(
    'conflict',
    `The tenant “${tenant.name}” is ${tenant.state.replace('_', ' ')}; ${kind} is not possible then.`,
    whyNot[tenant.state] ?? 'Wait until it has come to rest, then ask again.',
  );
}

async function refuseUnlessPossible(
  tx: Transaction,
  tenant: TenantRow,
  asked: OperationRequest,
  rules: RequestRules,
): Promise<void> {
  const { organizationId } = tenant;
  switch (asked.kind) {
    case 'start':
    case 'wake':
      return refuseBeyond(tx, tenant, { tenants: 0, runningTenants: 1 });
    case 'hibernate':
      if (await hasRunningTurn(tx, organizationId, tenant.id)) {
        throw new ClawpoolError(
          'conflict',
          `The tenant “${tenant.name}” is at work.`,
          'Wait until it has answered, or stop it.',
        );
      }
      return;
    case 'resize':
      return refuseSize(tx, tenant, asked);
    case 'rebuild':
      refuseUnknownImage(asked.image, rules);
      return refuseTemplate(tx, tenant, asked.configTemplate);
    case 'clone':
      await refuseTakenName(tx, organizationId, asked.name);
      return refuseBeyond(tx, tenant, { tenants: 1, runningTenants: asked.start ? 1 : 0 });
    case 'migrate':
      return refuseTarget(tx, tenant, asked.host);
    default:
      return;
  }
}

async function refuseBeyond(
  tx: Transaction,
  tenant: TenantRow,
  growth: { tenants: number; runningTenants: number },
): Promise<void> {
  const resources = resourcesOf(effectiveValues(tenant));
  const before = growth.tenants === 0 ? resources : undefined;
  await refuseGrowth(tx, tenant.organizationId, { ...growth, resources, before });
}

/** Absent: it keeps the one it has. Another one may give it more than there is left. */
async function refuseTemplate(tx: Transaction, tenant: TenantRow, asked: string | null | undefined): Promise<void> {
  if (asked === undefined) return;
  // Before the templates, as whoever makes a tenant does.
  await lockQuotas(tx, tenant.organizationId);
  const template = (await chooseTemplate(tx, tenant.organizationId, asked))?.content ?? null;
  const [before, resources] = [tenant, { ...tenant, template }].map((values) => resourcesOf(effectiveValues(values)));
  if (resources) await refuseGrowth(tx, tenant.organizationId, { tenants: 0, runningTenants: 0, resources, before });
}

async function refuseSize(
  tx: Transaction,
  tenant: TenantRow,
  wanted: { cpus?: number | undefined; memoryMegabytes?: number | undefined; diskMegabytes?: number | undefined },
): Promise<void> {
  const before = resourcesOf(effectiveValues(tenant));
  const resources = {
    cpus: wanted.cpus ?? before.cpus,
    memoryMegabytes: wanted.memoryMegabytes ?? before.memoryMegabytes,
    diskMegabytes: wanted.diskMegabytes ?? before.diskMegabytes,
  };
  if (Object.entries(resources).every(([what, value]) => before[what as keyof typeof before] === value)) {
    throw new ClawpoolError('invalid_request', 'Nothing would change.', 'Give a new number of CPUs, memory or disk.');
  }
  await refuseGrowth(tx, tenant.organizationId, { tenants: 0, runningTenants: 0, resources, before });
}

async function refuseTarget(tx: Transaction, tenant: TenantRow, host: string): Promise<void> {
  if (tenant.hostId === host) {
    throw new ClawpoolError('invalid_request', `The tenant is on ${host} already.`, 'Choose another host.');
  }
  const all = await tx.select().from(hosts);
  const target = all.find(({ id }) => id === host);
  if (target?.state === 'active') return;
  if (target) {
    throw new ClawpoolError('conflict', `The host ${host} is ${target.state}.`, 'Choose another host.');
  }
  throw all.length < 2
    ? new ClawpoolError(
        'conflict',
        'There is no other host to move to.',
        'Connect a second host to this installation first.',
      )
    : new ClawpoolError(
        'invalid_request',
        `There is no host “${host}”.`,
        `There are: ${all.map(({ id }) => id).join(', ')}.`,
      );
}

export async function refuseTakenName(tx: Transaction, organizationId: string, name: string): Promise<void> {
  const [taken] = await tx
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), eq(tenants.name, name), sql`${tenants.state} <> 'deleted'`));
  if (!taken) return;
  throw new ClawpoolError('conflict', `There is a tenant “${name}” already.`, 'Choose another name.');
}

export function refuseUnknownImage(image: string | undefined, { images }: RequestRules): void {
  if (image === undefined || images.has(image)) return;
  throw new ClawpoolError(
    'invalid_request',
    `There is no image “${image}”.`,
    `There are: ${[...images].sort().join(', ')}.`,
  );
}

/** Of what a person did not ask for. */
export const actorOr = (actor: RequestedOperation['actor']) => actor ?? poolActor;

function raise(error: Error): never {
  throw error;
}
