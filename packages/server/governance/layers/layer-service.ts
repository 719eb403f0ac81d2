import {
  ClawpoolError,
  type Layer,
  type LayerScope,
  type LayerSummary,
  type LayerVersion,
  type NewAuditEvent,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { agentsOf, countWords, isReviewed, type LayerKey, type LayerOwner, shownOwner } from './layer.ts';
import { type OpenLayer, openLayer, seesOf } from './layer-access.ts';
import {
  countAffected,
  countOpenProposals,
  findLayer,
  isReviewRequired,
  listLayers,
  lockLayer,
  type StoredLayer,
  setReviewRequired,
  writeLayer,
} from './layer-store.ts';
import { findCanary } from './proposal-store.ts';
import { findVersion, listVersions, type StoredVersion } from './version-store.ts';

/** Which layer, as the API names it: `-` owns the global one. */
export interface NamedLayer {
  scope: LayerScope;
  ownerId: string;
}

/**
 * The SOUL layers. Whoever is made of one has it with their agent's next turn. ClawpoolErrors: `not_found` for what the caller cannot see,
 * `not_allowed`, and `conflict` with the other's change in its details.
 */
export interface LayerService {
  list(principal: Principal): Promise<{ layers: LayerSummary[]; reviewRequired: boolean }>;
  get(principal: Principal, layer: NamedLayer): Promise<Layer>;
  /** Saving what is there already changes nothing. */
  save(
    principal: Principal,
    layer: NamedLayer,
    change: { content: string; expectedVersion: number; note: string },
  ): Promise<Layer>;
  rollBack(
    principal: Principal,
    layer: NamedLayer,
    change: { version: number; expectedVersion: number; note: string },
  ): Promise<Layer>;
  versions(principal: Principal, layer: NamedLayer): Promise<{ versions: LayerVersion[] }>;
  version(principal: Principal, layer: NamedLayer, version: number): Promise<LayerVersion & { content: string }>;
  requireReview(principal: Principal, required: boolean): Promise<{ required: boolean }>;
}

export function createLayerService({ db }: Database): LayerService {
  const open = (principal: Principal, { scope, ownerId }: NamedLayer) => openLayer(db, principal, scope, ownerId);

  async function get(principal: Principal, named: NamedLayer): Promise<Layer> {
    const { key, owner, rights } = await open(principal, named);
    const { organizationId } = principal;
    const [stored, affected, openProposals, reviewed] = await Promise.all([
      findLayer(db, organizationId, key),
      countAffected(db, organizationId, key),
      countOpenProposals(db, organizationId, key),
      isReviewRequired(db, organizationId),
    ]);
    const byReview = reviewed && isReviewed(key);
    return {
      ...{ scope: key.scope, ownerId: shownOwner(key.ownerId), ownerName: owner.name, affected, openProposals },
      ...shownText(stored),
      content: stored?.content ?? '',
      mayEdit: rights.edit && !byReview,
      needsReview: rights.propose && (byReview || !rights.edit),
    };
  }

  return {
    list: async (principal) => {
      const { organizationId } = principal;
      const rows = await listLayers(db, organizationId, await seesOf(db, principal));
      return {
        layers: rows.map((row) => ({
          ...{ scope: row.scope, ownerId: shownOwner(row.owner_id), ownerName: row.name },
          ...{ words: countWords(row.content ?? ''), version: row.version ?? 0 },
          updatedAt: row.updated_at === null ? null : new Date(row.updated_at).toISOString(),
          updatedBy: row.updated_by ?? '',
          ...{ affected: row.affected, openProposals: row.open_proposals },
        })),
        reviewRequired: await isReviewRequired(db, organizationId),
      };
    },

    get,

    save: async (principal, named, { content, expectedVersion, note }) => {
      await db.transaction(async (tx) => {
        const { layer, stored } = await openForChange(tx, principal, named, expectedVersion);
        if (content === (stored?.content ?? '')) return;
        await changeLayer(tx, principal, layer, { content, cause: stored ? 'edit' : 'first', note });
      });
      return get(principal, named);
    },

    rollBack: async (principal, named, { version, expectedVersion, note }) => {
      const { organizationId } = principal;
      await db.transaction(async (tx) => {
        const { layer, stored } = await openForChange(tx, principal, named, expectedVersion);
        const earlier = await findVersion(tx, organizationId, layer.key, version);
        if (!earlier) throw noSuchVersion(version);
        if (earlier.content === stored?.content) return;
        await changeLayer(tx, principal, layer, { content: earlier.content, cause: 'rollback', note });
      });
      return get(principal, named);
    },

    versions: async (principal, named) => {
      const { key } = await open(principal, named);
      return { versions: (await listVersions(db, principal.organizationId, key)).map(shownVersion) };
    },

    version: async (principal, named, version) => {
      const { key } = await open(principal, named);
      const found = await findVersion(db, principal.organizationId, key, version);
      if (!found) throw noSuchVersion(version);
      return { ...shownVersion(found), content: found.content };
    },

    requireReview: async (principal, required) => {
      const { organizationId } = principal;
      if (!principal.permissions?.includes('policy')) {
        throw new ClawpoolError(
          'not_allowed',
          'Whether changes are reviewed is decided by admins with the permission “policy”.',
          'Ask one of them; Employees shows who has it.',
        );
      }
      await db.transaction(async (tx) => {
        if ((await isReviewRequired(tx, organizationId)) === required) return;
        await setReviewRequired(tx, organizationId, required);
        await recordAudit(tx, organizationId, {
          ...by(principal),
          action: 'layer_review.changed',
          target: null,
          detail: { required },
        });
      });
      return { required };
    },
  };
}

/** A layer the principal may save now, at the version they read. Holds its lock. */
async function openForChange(
  tx: Transaction,
  principal: Principal,
  { scope, ownerId }: NamedLayer,
  expectedVersion: number,
): Promise<{ layer: OpenLayer; stored: StoredLayer | null }> {
  const { organizationId } = principal;
  const layer = await openLayer(tx, principal, scope, ownerId);
  if (!layer.rights.edit) throw notEditable(layer.key);
  await lockLayer(tx, organizationId, layer.key);
  // Again: its owner may have been removed meanwhile, and the layer with them.
  await openLayer(tx, principal, scope, ownerId);
  if (isReviewed(layer.key) && (await isReviewRequired(tx, organizationId))) {
    throw new ClawpoolError(
      'conflict',
      'This layer changes only by proposals that somebody else approves.',
      'Propose the change instead of saving it.',
      { details: { reviewRequired: true } },
    );
  }
  const stored = await requireVersion(tx, organizationId, layer.key, expectedVersion);
  await refuseDuringCanary(tx, organizationId, layer.key, null);
  return { layer, stored };
}

/** The layer, when its version is the one that was read. The caller holds its lock. Error: `conflict` with what it is now. */
export async function requireVersion(
  db: Queryable,
  organizationId: string,
  key: LayerKey,
  expected: number,
): Promise<StoredLayer | null> {
  const stored = await findLayer(db, organizationId, key);
  if ((stored?.version ?? 0) === expected) return stored;
  throw new ClawpoolError(
    'conflict',
    stored ? `${stored.updatedBy || 'Somebody'} has changed this layer meanwhile.` : 'This layer has no version yet.',
    'Look at both texts, then save what should hold.',
    {
      details: {
        version: stored?.version ?? 0,
        content: stored?.content ?? '',
        updatedBy: stored?.updatedBy ?? '',
        updatedAt: stored?.updatedAt.toISOString() ?? null,
      },
    },
  );
}

/** While some agents try a change, another one would reach those that try none: one at a time. */
export async function refuseDuringCanary(
  db: Queryable,
  organizationId: string,
  key: LayerKey,
  own: string | null,
): Promise<void> {
  const canary = await findCanary(db, organizationId, key);
  if (!canary || canary.id === own) return;
  throw new ClawpoolError(
    'conflict',
    `Some agents try a change of this layer by ${canary.author}.`,
    'Give that one to all, or withdraw it, first.',
    { details: { proposalId: canary.id } },
  );
}

/** The next version, for everybody who has the layer. */
async function changeLayer(
  tx: Transaction,
  principal: Principal,
  { key, owner }: OpenLayer,
  change: { content: string; cause: 'edit' | 'rollback' | 'first'; note: string },
): Promise<void> {
  const { organizationId, name } = principal;
  const version = await writeLayer(tx, organizationId, key, { ...change, author: name });
  await recordLayerAudit(tx, principal, 'layer.saved', key, owner, {
    ...{ version, cause: change.cause, note: change.note, characters: change.content.length },
  });
  await markAgents(tx, organizationId, agentsOf(key));
}

/** An event about a layer, in the transaction of what it tells. */
export async function recordLayerAudit(
  tx: Transaction,
  principal: Principal,
  action: string,
  { scope, ownerId }: LayerKey,
  owner: LayerOwner,
  detail: NewAuditEvent['detail'],
): Promise<void> {
  await recordAudit(tx, principal.organizationId, {
    ...by(principal),
    action,
    target: { type: 'layer', id: `${scope}/${shownOwner(ownerId)}`, name: owner.name },
    detail: { scope, ...detail },
  });
}

const by = ({ userId, name }: Principal) => ({
  actor: { type: 'person' as const, id: userId, name },
  outcome: 'allowed' as const,
});

const shownText = (stored: StoredLayer | null) => ({
  words: countWords(stored?.content ?? ''),
  version: stored?.version ?? 0,
  updatedAt: stored?.updatedAt.toISOString() ?? null,
  updatedBy: stored?.updatedBy ?? '',
});

const shownVersion = ({ content, createdAt, ...version }: StoredVersion): LayerVersion => ({
  ...version,
  words: countWords(content),
  createdAt: createdAt.toISOString(),
});

const noSuchVersion = (version: number) =>
  new ClawpoolError('not_found', `There is no version ${version} of this layer.`, 'Its history lists those there are.');

function notEditable({ scope }: LayerKey): ClawpoolError {
  const who = {
    global: 'admins with the permission “policy”',
    position: 'admins and the managers of its department',
    personal: 'its owner and admins',
  }[scope];
  return new ClawpoolError('not_allowed', `This layer is edited by ${who}.`, 'Ask one of them.');
}
