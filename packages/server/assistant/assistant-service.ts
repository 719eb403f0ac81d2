import { randomBytes } from 'node:crypto';
import { createTenantBody } from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import { firstTier } from '../organization/tier-choice.ts';
import { createTenant } from '../pool/operations/create.ts';
import { findTenantByAnyName } from '../pool/tenant-store.ts';
import type { Transaction } from '../store/database.ts';
import { assistantTenantName } from './assistant.ts';
import { findAssistant, lockAssistant, saveAssistant } from './assistant-store.ts';

/**
 * The tenant of the organization’s admin assistant; made, asleep and of the smallest tier, when there is none. Two that ask at once get the
 * same one. Errors: `conflict` (no tier), `quota_exceeded`.
 */
export async function provideAssistant(tx: Transaction, principal: Principal): Promise<{ id: string; name: string }> {
  const { organizationId, userId, name: person } = principal;
  const known = await findAssistant(tx, organizationId);
  if (known) return known;
  await lockAssistant(tx, organizationId);
  const madeMeanwhile = await findAssistant(tx, organizationId);
  if (madeMeanwhile) return madeMeanwhile;

  const actor = { type: 'person' as const, id: userId, name: person };
  const name = await freeName(tx, organizationId);
  const tier = await firstTier(tx, organizationId);
  const { tenantId } = await createTenant(
    tx,
    {
      ...{ organizationId, requestedBy: person, actor },
      body: createTenantBody.parse({ name, tier: tier.id, start: false }),
    },
    // It runs with its tier’s image: none is asked for.
    { images: new Set() },
  );
  await saveAssistant(tx, organizationId, tenantId);
  await recordAudit(tx, organizationId, {
    ...{ actor, action: 'assistant.created', outcome: 'allowed' },
    target: { type: 'tenant', id: tenantId, name },
    detail: { tier: tier.id },
  });
  return { id: tenantId, name };
}

/** Somebody else's tenant may have the plain one, also the assistant before, on its way out. */
async function freeName(tx: Transaction, organizationId: string): Promise<string> {
  const taken = await findTenantByAnyName(tx, organizationId, assistantTenantName);
  return taken && taken.state !== 'deleted'
    ? `${assistantTenantName}-${randomBytes(3).toString('hex')}`
    : assistantTenantName;
}
