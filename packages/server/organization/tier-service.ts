import { ClawpoolError, type Tier, type TierChoices, type TierInput, type TierUse } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import { markAgents } from '../pool/agent-revision.ts';
import { refuseBeyondQuotas } from '../pool/quotas/quota.ts';
import { findQuotas, lockQuotas, usedOf } from '../pool/quotas/quota-store.ts';
import type { Database, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { tiers } from '../store/schema/index.ts';
import { lockOrganization } from './people/people-store.ts';
import { freeName, idOf } from './people/person.ts';
import { type Principal, personActor } from './principal.ts';
import { type TierField, tierChanges, tierFields, widenedFields } from './tier.ts';
import {
  columnsOf,
  findTierNamed,
  isTier,
  listTiers,
  lockTier,
  saidOf,
  templatesNaming,
  tierIds,
  useOfTier,
} from './tier-store.ts';

export type TierChange = { [K in TierField]?: TierInput[K] | undefined } & { expectedVersion?: number | undefined };

/** The runtimes that agents are given, and how far their rights can go. */
export interface TierService {
  list(principal: Principal): Promise<Tier[]>;
  choices(principal: Principal): Promise<TierChoices>;
  /** Errors: `invalid_request` for what there is not; `conflict` (the name is taken); `not_allowed`: it would allow more than every other. */
  create(principal: Principal, input: TierInput): Promise<Tier>;
  /** Errors: those of `create`; `not_found`; `conflict` with the tier as it is now; `quota_exceeded`. */
  change(principal: Principal, tierId: string, change: TierChange): Promise<Tier>;
  /** Error: `not_found`. */
  use(principal: Principal, tierId: string): Promise<TierUse>;
  /** Errors: `not_found`; `conflict`, with `details: TierUse`. */
  remove(principal: Principal, tierId: string): Promise<void>;
}

export interface TierOptions {
  database: Database;
  /** What a tier of the organization can be made of, as it is now. */
  choicesFor(principal: Principal): Promise<TierChoices>;
}

export function createTierService({ database: { db }, choicesFor }: TierOptions): TierService {
  return {
    list: ({ organizationId }) => listTiers(db, organizationId),
    choices: choicesFor,

    create: async (principal, input) => {
      const { organizationId } = principal;
      const said = tidy(input);
      refuseUnknown(said, await choicesFor(principal));
      return db.transaction(async (tx) => {
        await lockOrganization(tx, organizationId);
        await refuseNamesake(tx, organizationId, said.name);
        await refuseWidest(tx, principal, said);
        const id = freeName(idOf([said.name], 'tier'), await tierIds(tx, organizationId));
        await tx.insert(tiers).values({ organizationId, id, ...columnsOf(said), updatedBy: principal.name });
        await recordAudit(tx, organizationId, {
          actor: personActor(principal),
          action: 'tier.created',
          target: { type: 'tier', id, name: said.name },
          outcome: 'allowed',
          detail: said,
        });
        return shown(tx, organizationId, id);
      });
    },

    change: async (principal, tierId, { expectedVersion, ...change }) => {
      const { organizationId } = principal;
      const choices = await choicesFor(principal);
      return db.transaction(async (tx) => {
        await lockOrganization(tx, organizationId);
        const row = await lockTier(tx, organizationId, tierId, 'no key update');
        if (!row) throw noSuchTier(tierId);
        if (expectedVersion !== undefined && expectedVersion !== row.version) {
          throw changedMeanwhile(await shown(tx, organizationId, tierId));
        }
        const before = saidOf(row);
        const after = tidy({ ...before, ...given(change) });
        const changes = tierChanges(before, after);
        if (Object.keys(changes).length === 0) return shown(tx, organizationId, tierId);
        refuseUnknown(pick(after, Object.keys(changes) as TierField[]), choices);
        if (changes.name) await refuseRename(tx, organizationId, before.name, after.name);
        refuseWidening(principal, widenedFields(before, after));
        const agents = await markAgents(tx, organizationId, { tierIds: [tierId] });
        await changeWithinQuotas(tx, organizationId, { before, after, agents }, async () => {
          await tx
            .update(tiers)
            .set({
              ...columnsOf(after),
              ...{ version: row.version + 1, updatedAt: sql`now()`, updatedBy: principal.name },
            })
            .where(isTier(organizationId, tierId));
        });
        await recordAudit(tx, organizationId, {
          actor: personActor(principal),
          action: 'tier.changed',
          target: { type: 'tier', id: tierId, name: after.name },
          outcome: 'allowed',
          detail: { changes, agents },
        });
        await notify(tx, 'routing_changed', { organizationId });
        return shown(tx, organizationId, tierId);
      });
    },

    use: async ({ organizationId }, tierId) => {
      const [tier] = await listTiers(db, organizationId, tierId);
      if (!tier) throw noSuchTier(tierId);
      return useOfTier(db, organizationId, tier);
    },

    remove: (principal, tierId) => {
      const { organizationId } = principal;
      return db.transaction(async (tx) => {
        await lockOrganization(tx, organizationId);
        const row = await lockTier(tx, organizationId, tierId, 'update');
        if (!row) throw noSuchTier(tierId);
        refuseUsed(row.name, await useOfTier(tx, organizationId, row));
        await tx.update(tiers).set({ deletedAt: sql`now()` }).where(isTier(organizationId, tierId));
        await recordAudit(tx, organizationId, {
          actor: personActor(principal),
          action: 'tier.removed',
          target: { type: 'tier', id: tierId, name: row.name },
          outcome: 'allowed',
          detail: { was: saidOf(row) },
        });
        await notify(tx, 'routing_changed', { organizationId });
      });
    },
  };
}

async function shown(tx: Transaction, organizationId: string, tierId: string): Promise<Tier> {
  const [tier] = await listTiers(tx, organizationId, tierId);
  if (!tier) throw noSuchTier(tierId);
  return tier;
}

/** Each tool and host once; an empty name is nobody’s. */
const tidy = (said: TierInput): TierInput => ({
  ...said,
  ...{ driver: said.driver || null, image: said.image || null, model: said.model || null },
  toolsCeiling: [...new Set(said.toolsCeiling)],
  egressHosts: [...new Set(said.egressHosts)],
});

const pick = (said: TierInput, fields: readonly TierField[]): Partial<TierInput> =>
  Object.fromEntries(fields.map((field) => [field, said[field]]));

const given = (change: TierChange): Partial<TierInput> =>
  pick(
    change as TierInput,
    tierFields.filter((field) => change[field] !== undefined),
  );

/** What stays as it was is not looked at: a tier may name what is gone by now. */
function refuseUnknown(said: Partial<TierInput>, { drivers, images, models }: TierChoices): void {
  for (const [field, known] of [
    ['driver', drivers],
    ['image', images],
    ['model', models],
  ] as const) {
    const value = said[field];
    if (!value || known.includes(value)) continue;
    throw new ClawpoolError(
      'invalid_request',
      `There is no ${field} “${value}” here.`,
      `There are: ${known.join(', ')}.`,
      {
        details: { field, known },
      },
    );
  }
}

async function refuseNamesake(tx: Transaction, organizationId: string, name: string): Promise<void> {
  if (!(await findTierNamed(tx, organizationId, name))) return;
  throw new ClawpoolError('conflict', `There is a tier “${name}” already.`, 'Choose another name.', {
    details: { field: 'name' },
  });
}

/** Templates may name a tier by its name. */
async function refuseRename(tx: Transaction, organizationId: string, from: string, to: string): Promise<void> {
  if (from.toLowerCase() === to.toLowerCase()) return;
  await refuseNamesake(tx, organizationId, to);
  const templates = await templatesNaming(tx, organizationId, from);
  if (templates.length === 0) return;
  throw new ClawpoolError(
    'conflict',
    `Templates name the tier “${from}”: ${templates.join(', ')}.`,
    'Choose the tier anew in these templates, which then know it by its id, and rename it after that.',
    { details: { field: 'name', templates } },
  );
}

/** Whoever may not loosen bounds may still divide: a position could be given any tier there is. */
async function refuseWidest(tx: Transaction, principal: Principal, said: TierInput): Promise<void> {
  const known = await listTiers(tx, principal.organizationId);
  if (known.some((tier) => widenedFields(tier, said).length === 0)) return;
  refuseWidening(principal, tierFields);
}

function refuseWidening({ permissions }: Principal, widened: readonly TierField[]): void {
  if (widened.length === 0 || permissions?.includes('policy')) return;
  throw new ClawpoolError(
    'not_allowed',
    'More tools, more hosts, more room or another driver is given by admins with the permission “policy”.',
    'Ask an admin who has it: Employees shows who.',
    { details: { fields: widened } },
  );
}

/** A tier’s size is that of every agent that has none of its own. The agents are locked before the quotas, as by whoever wakes one. */
async function changeWithinQuotas(
  tx: Transaction,
  organizationId: string,
  { before, after, agents }: { before: TierInput; after: TierInput; agents: number },
  change: () => Promise<void>,
): Promise<void> {
  await lockQuotas(tx, organizationId);
  const limits = await findQuotas(tx, organizationId);
  const used = await usedOf(tx, organizationId);
  await change();
  if (agents === 0) return;
  const none = { tenants: 0, runningTenants: 0 };
  const noTotal = { totalCpus: null, totalMemoryMegabytes: null, totalDiskMegabytes: null };
  const noneEach = { cpusPerTenant: null, memoryMegabytesPerTenant: null, diskMegabytesPerTenant: null };
  refuseBeyondQuotas({ ...limits, ...noTotal }, used, { ...none, resources: after, before });
  const then = await usedOf(tx, organizationId);
  refuseBeyondQuotas({ ...limits, ...noneEach }, used, { ...none, resources: then, before: used });
}

function refuseUsed(name: string, use: TierUse): void {
  const words = { positions: 'positions', rules: 'routing rules', agents: 'agents', templates: 'templates' } as const;
  const used = Object.entries(use).filter(([, { count }]) => count > 0) as [keyof TierUse, TierUse['agents']][];
  if (used.length === 0) return;
  throw new ClawpoolError(
    'conflict',
    `The tier ${name} is used: ${used.map(([kind, { count }]) => `${count} ${words[kind]}`).join(', ')}.`,
    'Give them another tier first.',
    { details: use },
  );
}

const noSuchTier = (tierId: string) =>
  new ClawpoolError('not_found', `There is no tier “${tierId}”.`, 'Security Center, Tiers shows those there are.');

const changedMeanwhile = (now: Tier) =>
  new ClawpoolError(
    'conflict',
    `${now.updatedBy} has changed the tier ${now.name} meanwhile.`,
    'Look at what holds now, then repeat your change.',
    { details: now },
  );
