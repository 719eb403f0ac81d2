import { eq } from 'drizzle-orm';
import type { Transaction } from '../../../store/database.ts';
import { tenants } from '../../../store/schema/index.ts';
import { refuseGrowth, resourcesOf } from '../../quotas/quota-check.ts';
import { defaultTemplate, effectiveValues } from '../../templates/template.ts';
import { findTemplateContent } from '../../templates/template-store.ts';
import { findTenant, lockTenant, type TenantRow } from '../../tenant-store.ts';
import { OperationFailure, quotaIsUsedUp, requestOf } from '../operation.ts';
import { saveProgress } from '../operation-store.ts';
import { hostOf, inTransaction, tenantOf, type Work } from '../world.ts';

/** Of a new tenant: no host that it may come to has its image yet. Installing one takes minutes, and is no start that hangs. */
export async function lacksImage(work: Work): Promise<boolean> {
  const tenant = await tenantOf(work);
  for (const hostId of hostsFor(work, tenant)) {
    const { image, images } = await hostOf(work.world, hostId).describe();
    const id = effectiveValues(tenant).image ?? image;
    if (images.some((one) => one.id === id && !one.installed)) return true;
  }
  return false;
}

export async function installImage(work: Work): Promise<void> {
  const tenant = await tenantOf(work);
  await install(work, tenant, effectiveValues(tenant).image);
}

/** Makes sure that the image to move to is there, while the tenant still runs with the old one. */
export async function provideImage(work: Work): Promise<void> {
  const tenant = await tenantOf(work);
  const { image, template } = await wantedOf(work, tenant);
  await install(work, tenant, effectiveValues({ ...tenant, image, template }).image);
}

/** From the next start on. */
export async function changeImage(work: Work): Promise<void> {
  const { operation } = work;
  const wanted = await wantedOf(work, await tenantOf(work));
  await inTransaction(work, async (tx) => {
    // Before the quotas, as whoever wakes a tenant locks.
    await lockTenant(tx, operation.organizationId, operation.tenantId);
    const before = await findTenant(tx, operation.tenantId);
    if (!before) throw new OperationFailure('superseded', 'The tenant is gone.');
    operation.progress.before ??= { image: before.image, configTemplate: before.configTemplate };
    const { image, configTemplate, template } = wanted;
    if (configTemplate !== before.configTemplate) {
      const [was, resources] = [before, { ...before, template }].map((values) => resourcesOf(effectiveValues(values)));
      const growth = { tenants: 0, runningTenants: 0, before: was };
      if (resources) await refuseGrowth(tx, before.organizationId, { ...growth, resources }).catch(quotaIsUsedUp);
    }
    await tx.update(tenants).set({ image, configTemplate }).where(eq(tenants.id, before.id));
    await saveProgress(tx, operation, operation);
  });
}

export async function undoImage(tx: Transaction, { operation }: Work): Promise<void> {
  const { before } = operation.progress;
  if (before) await tx.update(tenants).set(before).where(eq(tenants.id, operation.tenantId));
}

/** Nobody said an image: the template's, or the tier's. Nobody said a template: the one it has. */
async function wantedOf({ world, operation }: Work, tenant: TenantRow) {
  const { image = null, configTemplate: asked } = requestOf(operation, 'rebuild');
  if (asked === undefined) return { image, configTemplate: tenant.configTemplate, template: tenant.template };
  const configTemplate = asked === defaultTemplate ? null : asked;
  const template =
    configTemplate === null
      ? null
      : await findTemplateContent(world.database.db, tenant.organizationId, configTemplate);
  return { image, configTemplate, template };
}

async function install(work: Work, tenant: TenantRow, image: string | null): Promise<void> {
  for (const hostId of hostsFor(work, tenant)) {
    const host = hostOf(work.world, hostId);
    const id = image ?? (await host.describe()).image;
    try {
      await host.provideImage(id);
    } catch (error) {
      const why = `The image ${id} cannot be installed: ${(error as Error).message}`;
      throw new OperationFailure('image_missing', why, undefined, { cause: error });
    }
  }
}

/** Where it is, or would rather be, or may come to. */
function hostsFor({ world, operation }: Work, tenant: TenantRow): string[] {
  const one = tenant.hostId ?? operation.progress.preferredHost;
  return one === undefined ? [...world.hosts.keys()] : [one];
}
