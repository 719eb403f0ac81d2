import { ClawpoolError, type ConfigTemplateContent } from '@clawpool/contracts';
import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { decidedTiers } from '../../organization/people/provisioning.ts';
import { findTier, firstTier, type TierRow } from '../../organization/tier-choice.ts';
import type { Transaction } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { employees, hosts, tenants } from '../../store/schema/index.ts';
import { refuseBeyondQuotas } from '../quotas/quota.ts';
import { findQuotas, lockQuotas, usedOf } from '../quotas/quota-store.ts';
import { effectiveValues } from '../templates/template.ts';
import { chooseTemplate } from '../templates/template-service.ts';
import { refuseUnknownSkills } from '../tenant-skills.ts';
import { findTenantByAnyName, type TenantRow } from '../tenant-store.ts';
import type { OperationProgress, OperationRow } from './operation.ts';
import type { RequestedTenant } from './operation-service.ts';
import { findByClientToken, insertOperation } from './operation-store.ts';
import { actorOr, type RequestRules, refuseTakenName, refuseUnknownImage, tokenIsTaken } from './request.ts';
import { newTenantId } from './steps/clone.ts';

/** A tenant, `queued`, and the operation that brings it to life, as one transaction of the caller. */
export async function createTenant(
  tx: Transaction,
  input: RequestedTenant,
  rules: RequestRules,
): Promise<{ tenantId: string; operation: OperationRow }> {
  const { organizationId, body, requestedBy } = input;
  const known = await answeredBefore(tx, input);
  if (known) return { tenantId: known.tenantId, operation: known };

  await lockQuotas(tx, organizationId);
  await refuseTakenName(tx, organizationId, body.name);
  await refuseUnknownSkills(tx, organizationId, body);
  const template = await chooseTemplate(tx, organizationId, body.configTemplate);
  const tier = await tierOf(tx, input, template?.content ?? null);
  if (body.employeeId !== undefined) await refuseSecondAgent(tx, organizationId, body.employeeId);
  if (body.preferredHost !== undefined) await refuseUnknownHost(tx, body.preferredHost);
  await refuseQuota(tx, input, tier, template?.content ?? null);
  refuseUnknownImage(body.image ?? template?.content.image, rules);
  const progress = await beginning(tx, input, rules);

  const id = newTenantId();
  await tx.insert(tenants).values({
    organizationId,
    id,
    name: body.name,
    employeeId: body.employeeId ?? null,
    tierId: tier.id,
    state: 'queued',
    group: body.group ?? null,
    tags: body.tags,
    skills: body.skills,
    skillGroups: body.skillGroups,
    configTemplate: template?.name ?? null,
    image: body.image ?? null,
    cpuMillis: body.cpus === undefined ? null : Math.round(body.cpus * 1000),
    memoryMegabytes: body.memoryMegabytes ?? null,
    diskMegabytes: body.diskMegabytes ?? null,
    expiresAt: body.ttlHours === null ? null : sql`now() + ${body.ttlHours} * interval '1 hour'`,
    onExpiry: body.onExpiry,
    timetable: body.timetable,
  });
  const operation = await insertOperation(tx, {
    organizationId,
    tenantId: id,
    kind: 'create',
    request: { kind: 'create', start: body.start },
    requestedBy,
    clientToken: body.clientToken,
    progress,
  });
  // Another request with the same token committed this moment: its answer is this one's, and this transaction's tenant must not be.
  if (!operation) throw tokenIsTaken();
  await recordAudit(tx, organizationId, {
    actor: actorOr(input.actor),
    action: 'tenant.created',
    target: { type: 'tenant', id, name: body.name },
    outcome: 'allowed',
    detail: { operationId: operation.id, tier: tier.id, configTemplate: template?.name ?? null },
  });
  await notify(tx, 'operation_requested', {});
  await notify(tx, 'tenant_changed', { organizationId, tenantId: id });
  return { tenantId: id, operation };
}

async function answeredBefore(
  tx: Transaction,
  { organizationId, body }: RequestedTenant,
): Promise<OperationRow | null> {
  if (body.clientToken === undefined) return null;
  // Two requests with one token at once: the second waits here and is answered with the first one's.
  await tx.execute(sql`select pg_advisory_xact_lock(20265, hashtext(${`${organizationId} ${body.clientToken}`}))`);
  const known = await findByClientToken(tx, organizationId, body.clientToken);
  if (!known) return null;
  if (known.kind === 'create' && (known.progress as OperationProgress).name === body.name) return known;
  throw tokenIsTaken();
}

async function tierOf(
  tx: Transaction,
  { organizationId, body }: RequestedTenant,
  template: ConfigTemplateContent | null,
): Promise<TierRow> {
  const named = body.tier ?? template?.tier;
  if (named !== undefined) return findTier(tx, organizationId, named);
  if (body.employeeId === undefined) return firstTier(tx, organizationId);
  const decided = await decidedTiers(tx, organizationId, { employeeIds: [body.employeeId] });
  const tierId = decided.get(body.employeeId);
  return tierId ? findTier(tx, organizationId, tierId) : firstTier(tx, organizationId);
}

async function refuseSecondAgent(tx: Transaction, organizationId: string, employeeId: string): Promise<void> {
  const [employee] = await tx
    .select({ name: employees.name })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  if (!employee) {
    throw new ClawpoolError('invalid_request', `There is no employee “${employeeId}”.`, 'Check the employee’s id.');
  }
  const [agent] = await tx
    .select({ name: tenants.name })
    .from(tenants)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        eq(tenants.employeeId, employeeId),
        sql`${tenants.state} <> 'deleted'`,
      ),
    );
  if (!agent) return;
  throw new ClawpoolError(
    'conflict',
    `${employee.name} has an agent already: “${agent.name}”.`,
    'Delete that one first, or make this one without an employee.',
  );
}

async function refuseUnknownHost(tx: Transaction, host: string): Promise<void> {
  const all = await tx.select({ id: hosts.id }).from(hosts);
  if (all.some(({ id }) => id === host)) return;
  throw new ClawpoolError(
    'invalid_request',
    `There is no host “${host}”.`,
    `There are: ${all.map(({ id }) => id).join(', ')}.`,
  );
}

async function refuseQuota(
  tx: Transaction,
  { organizationId, body }: RequestedTenant,
  tier: TierRow,
  template: ConfigTemplateContent | null,
): Promise<void> {
  const values = effectiveValues({
    image: body.image ?? null,
    cpuMillis: body.cpus === undefined ? null : Math.round(body.cpus * 1000),
    memoryMegabytes: body.memoryMegabytes ?? null,
    diskMegabytes: body.diskMegabytes ?? null,
    template,
    tierImage: tier.image,
    tierCpuMillis: tier.cpuMillis,
    tierMemoryMegabytes: tier.memoryMegabytes,
    tierDiskMegabytes: tier.diskMegabytes,
    tierIdleMinutes: tier.idleMinutes,
  });
  refuseBeyondQuotas(await findQuotas(tx, organizationId), await usedOf(tx, organizationId), {
    tenants: 1,
    runningTenants: body.start ? 1 : 0,
    resources: {
      cpus: values.cpuMillis / 1000,
      memoryMegabytes: values.memoryMegabytes,
      diskMegabytes: values.diskMegabytes,
    },
  });
}

/** Which files it begins with, and where it would rather be. */
async function beginning(
  tx: Transaction,
  { organizationId, body }: RequestedTenant,
  { checkpointId }: RequestRules,
): Promise<OperationProgress> {
  const preferred = {
    name: body.name,
    ...(body.preferredHost === undefined ? {} : { preferredHost: body.preferredHost }),
    ...(checkpointId === undefined ? {} : { checkpointId }),
  };
  if (body.cloneFrom === undefined) return preferred;
  const source: TenantRow | null = await findTenantByAnyName(tx, organizationId, body.cloneFrom);
  if (!source || source.state === 'deleted') {
    throw new ClawpoolError(
      'not_found',
      `There is no tenant “${body.cloneFrom}” to clone.`,
      'Of a deleted tenant, restore a backup instead.',
    );
  }
  return { ...(source.hostId === null ? {} : { preferredHost: source.hostId }), ...preferred, cloneFrom: source.id };
}
