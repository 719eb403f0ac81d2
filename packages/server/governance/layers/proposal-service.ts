import { randomUUID } from 'node:crypto';
import { ClawpoolError, type LayerProposal, type LayerScope, type ProposalState } from '@clawpool/contracts';
import { scopeOf } from '../../organization/department-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Database, Queryable, Transaction } from '../../store/database.ts';
import { type LayerKey, layerKey, rightsOn, type Standing, shownOwner } from './layer.ts';
import { type OpenLayer, openLayer, standingOf } from './layer-access.ts';
import { recordLayerAudit, refuseDuringCanary, requireVersion } from './layer-service.ts';
import { countAffected, listAffected, lockLayer, writeLayer } from './layer-store.ts';
import { canaryUpTo, hasCanary, type ProposalFacts, possibleSteps, type Relation, takeStep } from './proposal.ts';
import { tellAuthor, tellReviewers } from './proposal-news.ts';
import {
  findProposal,
  insertProposal,
  listProposals,
  type ProposalChange,
  type ProposalRow,
  updateProposal,
} from './proposal-store.ts';

/** What somebody decides about a proposal. */
export type Decision =
  | { step: 'submit' | 'publish' | 'withdraw' }
  | { step: 'approve'; note: string; expectedRevision: number }
  | { step: 'reject'; note: string }
  | { step: 'canary'; percent: number };

/**
 * Changes of the global layer and of positions' that somebody else looks at before they hold. ClawpoolErrors: `not_found` for what the caller cannot
 * see, `not_allowed`, `conflict` for a step that is not possible (any more).
 */
export interface ProposalService {
  list(
    principal: Principal,
    filter: { state?: ProposalState | undefined; scope?: LayerScope | undefined; ownerId?: string | undefined },
  ): Promise<{ proposals: LayerProposal[] }>;
  create(
    principal: Principal,
    draft: { scope: LayerScope; ownerId: string; content: string; baseVersion: number; note: string },
  ): Promise<LayerProposal>;
  change(
    principal: Principal,
    id: string,
    draft: { content: string; note: string; baseVersion: number; expectedRevision: number },
  ): Promise<LayerProposal>;
  decide(principal: Principal, id: string, decision: Decision): Promise<LayerProposal>;
}

export function createProposalService({ db }: Database): ProposalService {
  async function get(principal: Principal, id: string): Promise<LayerProposal> {
    const row = await findProposal(db, principal.organizationId, id);
    if (!row) throw noSuchProposal();
    return show(db, principal.organizationId, row, relationTo(row, principal, await standingOf(db, principal)));
  }

  return {
    list: async (principal, { ownerId, ...filter }) => {
      const { organizationId } = principal;
      const [departmentIds, standing] = await Promise.all([scopeOf(db, principal), standingOf(db, principal)]);
      const rows = await listProposals(db, organizationId, {
        ...{ ...filter, departmentIds },
        ownerId: ownerId === '-' ? '' : ownerId,
      });
      const counts = new Map<string, Promise<number>>();
      const affected = (key: LayerKey) => {
        const name = `${key.scope} ${key.ownerId}`;
        const count = counts.get(name) ?? countAffected(db, organizationId, key);
        counts.set(name, count);
        return count;
      };
      const proposals = rows.map((row) =>
        show(db, organizationId, row, relationTo(row, principal, standing), affected(row)),
      );
      return { proposals: await Promise.all(proposals) };
    },

    create: async (principal, { scope, ownerId, content, baseVersion, note }) => {
      const { organizationId, userId, name } = principal;
      const id = randomUUID();
      await db.transaction(async (tx) => {
        const { key, owner, rights } = await openLayer(tx, principal, scope, ownerId);
        if (scope === 'personal') {
          throw new ClawpoolError(
            'invalid_request',
            'A personal layer changes without a review.',
            'Save it instead: it is its owner’s own.',
          );
        }
        if (!rights.propose) throw notTheirsToPropose();
        await lockLayer(tx, organizationId, key);
        await requireVersion(tx, organizationId, key, baseVersion);
        await insertProposal(tx, organizationId, {
          ...{ id, ...key, baseVersion, content, note },
          authorId: userId,
          author: name,
        });
        await recordLayerAudit(tx, principal, 'layer_proposal.drafted', key, owner, { proposal: id, note });
      });
      return get(principal, id);
    },

    change: async (principal, id, { content, note, baseVersion, expectedRevision }) => {
      const { organizationId } = principal;
      await db.transaction(async (tx) => {
        const { row, layer, facts, relation } = await openProposal(tx, principal, id);
        const state = takeStep(facts, 'edit', relation);
        requireRevision(row, expectedRevision);
        await requireVersion(tx, organizationId, layer.key, baseVersion);
        const cleared = { reviewer: null, reviewNote: '', decidedAt: null };
        await updateProposal(tx, organizationId, id, { content, note, baseVersion, state, ...cleared });
        await recordLayerAudit(tx, principal, 'layer_proposal.drafted', layer.key, layer.owner, { proposal: id, note });
      });
      return get(principal, id);
    },

    decide: async (principal, id, decision) => {
      const { organizationId } = principal;
      await db.transaction(async (tx) => {
        const proposal = await openProposal(tx, principal, id);
        const state = takeStep(proposal.facts, decision.step, proposal.relation);
        const change = await carryOut(tx, principal, proposal, decision);
        await updateProposal(tx, organizationId, id, { canaryPercent: null, canaryUpTo: null, ...change, state });
        await tellAuthor(tx, principal, proposal.row, decision.step);
      });
      return get(principal, id);
    },
  };
}

interface OpenProposal {
  row: ProposalRow;
  layer: OpenLayer;
  facts: ProposalFacts;
  relation: Relation;
}

/** As it is now; the lock of its layer is held, so it stays so. Error: `not_found`. */
async function openProposal(tx: Transaction, principal: Principal, id: string): Promise<OpenProposal> {
  const { organizationId, userId } = principal;
  const found = await findProposal(tx, organizationId, id);
  if (!found) throw noSuchProposal();
  const layer = await openLayer(tx, principal, found.scope, shownOwner(found.ownerId));
  await lockLayer(tx, organizationId, layer.key);
  const row = await findProposal(tx, organizationId, id);
  if (!row) throw noSuchProposal();
  const relation = { author: row.authorId === userId, editor: layer.rights.edit };
  return { row, layer, facts: factsOf(row), relation };
}

/** What a step does beside changing the state, and what it writes into the proposal. */
async function carryOut(
  tx: Transaction,
  principal: Principal,
  { row, layer: { key, owner } }: OpenProposal,
  decision: Decision,
): Promise<ProposalChange> {
  const { organizationId } = principal;
  const audit = (action: string, detail = {}) =>
    recordLayerAudit(tx, principal, `layer_proposal.${action}`, key, owner, { proposal: row.id, ...detail });
  const hadIt = (tenantId: string) => hasCanary(tenantId, row);
  switch (decision.step) {
    case 'submit':
      await audit('submitted');
      await tellReviewers(tx, principal, row, key);
      return {};
    case 'approve':
    case 'reject': {
      if (decision.step === 'approve') requireRevision(row, decision.expectedRevision);
      const { note } = decision;
      await audit(decision.step === 'approve' ? 'approved' : 'rejected', { note });
      return { reviewer: principal.name, reviewNote: note, decidedAt: new Date() };
    }
    case 'canary': {
      await refuseDuringCanary(tx, organizationId, key, row.id);
      const { percent } = decision;
      await audit('tried', { percent, before: row.canaryPercent ?? 0 });
      const upTo = canaryUpTo(await listAffected(tx, organizationId, key), row.id, percent);
      const hasIt = (tenantId: string) => hasCanary(tenantId, { id: row.id, canaryUpTo: upTo });
      await mark(tx, organizationId, key, (tenantId) => hadIt(tenantId) !== hasIt(tenantId));
      return { canaryPercent: percent, canaryUpTo: upTo };
    }
    case 'publish': {
      await refuseDuringCanary(tx, organizationId, key, row.id);
      const { content, note, author } = row;
      const version = await writeLayer(tx, organizationId, key, { content, cause: 'review', note, author });
      await audit('published', { version });
      const saved = { version, cause: 'review', note, author, characters: content.length };
      await recordLayerAudit(tx, principal, 'layer.saved', key, owner, saved);
      await mark(tx, organizationId, key, (tenantId) => !hadIt(tenantId));
      return { publishedVersion: version };
    }
    case 'withdraw':
      await audit('withdrawn');
      if (row.state === 'canary') await mark(tx, organizationId, key, hadIt);
      return {};
  }
}

/** Marks the agents of the layer whose text is another from now on, and no others. */
async function mark(
  tx: Transaction,
  organizationId: string,
  key: LayerKey,
  isAffected: (tenantId: string) => boolean,
): Promise<void> {
  const tenantIds = (await listAffected(tx, organizationId, key)).filter(isAffected);
  await markAgents(tx, organizationId, { tenantIds });
}

async function show(
  db: Queryable,
  organizationId: string,
  row: ProposalRow,
  relation: Relation,
  affected: Promise<number> = countAffected(db, organizationId, row),
): Promise<LayerProposal> {
  const { layerVersion: _, authorId: __, canaryPercent, canaryUpTo: ___, departmentId: ____, ...proposal } = row;
  const trying = canaryPercent === null ? null : await listAffected(db, organizationId, row);
  const facts = factsOf(row);
  return {
    ...proposal,
    ...{ ownerId: shownOwner(row.ownerId), outdated: facts.outdated },
    canary:
      canaryPercent === null || trying === null
        ? null
        : { percent: canaryPercent, tenants: trying.filter((tenantId) => hasCanary(tenantId, row)).length },
    affected: await affected,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    may: possibleSteps(facts, relation),
  };
}

/** What has ended cannot become outdated. */
const factsOf = ({ state, baseVersion, layerVersion }: ProposalRow): ProposalFacts => ({
  state,
  outdated: !['published', 'rejected', 'withdrawn'].includes(state) && baseVersion !== layerVersion,
});

function relationTo(row: ProposalRow, principal: Principal, standing: Standing): Relation {
  const key = layerKey(row.scope, shownOwner(row.ownerId));
  const owner = { name: row.ownerName, departmentId: row.departmentId };
  return {
    author: row.authorId === principal.userId,
    editor: key !== null && rightsOn(key, owner, principal, standing).edit,
  };
}

function requireRevision({ revision, content, note }: ProposalRow, expected: number): void {
  if (revision === expected) return;
  throw new ClawpoolError('conflict', 'The proposal has changed meanwhile.', 'Load it again, then repeat your step.', {
    details: { revision, content, note },
  });
}

const noSuchProposal = () =>
  new ClawpoolError('not_found', 'There is no such proposal.', 'The list of proposals has those you can see.');

const notTheirsToPropose = () =>
  new ClawpoolError(
    'not_allowed',
    'Changes of this layer are proposed by admins and the managers of its department.',
    'Ask one of them.',
  );
