import type { LayerScope, ProposalState } from '@clawpool/contracts';
import { and, desc, eq, inArray, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { employees, layerProposals, layers, organizations, positions } from '../../store/schema/index.ts';
import type { LayerKey } from './layer.ts';

/** A proposal with whose layer it is, and at which version that is now. */
export type ProposalRow = Awaited<ReturnType<typeof selectProposals>>[number];

export type NewProposal = Pick<
  typeof layerProposals.$inferInsert,
  'id' | 'scope' | 'ownerId' | 'baseVersion' | 'content' | 'note' | 'authorId' | 'author'
>;

/** What a step changes. */
export type ProposalChange = Partial<
  Pick<
    typeof layerProposals.$inferInsert,
    | 'content'
    | 'note'
    | 'baseVersion'
    | 'state'
    | 'reviewer'
    | 'reviewNote'
    | 'canaryPercent'
    | 'canaryUpTo'
    | 'publishedVersion'
    | 'decidedAt'
  >
>;

export async function insertProposal(tx: Transaction, organizationId: string, proposal: NewProposal): Promise<void> {
  await tx.insert(layerProposals).values({ organizationId, ...proposal });
}

export async function findProposal(db: Queryable, organizationId: string, id: string): Promise<ProposalRow | null> {
  const [row] = await selectProposals(db, organizationId).where(
    and(eq(layerProposals.organizationId, organizationId), eq(layerProposals.id, id)),
  );
  return row ?? null;
}

/** The change of this layer that some agents try; at most one. */
export async function findCanary(
  db: Queryable,
  organizationId: string,
  { scope, ownerId }: LayerKey,
): Promise<{ id: string; author: string } | null> {
  const [row] = await db
    .select({ id: layerProposals.id, author: layerProposals.author })
    .from(layerProposals)
    .where(
      and(
        eq(layerProposals.organizationId, organizationId),
        eq(layerProposals.scope, scope),
        eq(layerProposals.ownerId, ownerId),
        eq(layerProposals.state, 'canary'),
      ),
    );
  return row ?? null;
}

/** The latest hundred of the global layer and of what is in these departments (null: all). */
export async function listProposals(
  db: Queryable,
  organizationId: string,
  {
    departmentIds,
    ...filter
  }: {
    departmentIds: readonly string[] | null;
    state?: ProposalState | undefined;
    scope?: LayerScope | undefined;
    ownerId?: string | undefined;
  },
): Promise<ProposalRow[]> {
  return selectProposals(db, organizationId)
    .where(
      and(
        eq(layerProposals.organizationId, organizationId),
        filter.state && eq(layerProposals.state, filter.state),
        filter.scope && eq(layerProposals.scope, filter.scope),
        filter.ownerId === undefined ? undefined : eq(layerProposals.ownerId, filter.ownerId),
        // What is left of a position or a person that is gone.
        sql`(${layerProposals.scope} = 'global' or ${positions.id} is not null or ${employees.id} is not null)`,
        departmentIds === null
          ? undefined
          : or(
              eq(layerProposals.scope, 'global'),
              inArray(positions.departmentId, [...departmentIds]),
              inArray(employees.departmentId, [...departmentIds]),
            ),
      ),
    )
    .orderBy(desc(layerProposals.createdAt), desc(layerProposals.id))
    .limit(100);
}

/** Takes it to its next revision. The caller holds the layer's lock. */
export async function updateProposal(
  tx: Transaction,
  organizationId: string,
  id: string,
  change: ProposalChange,
): Promise<void> {
  await tx
    .update(layerProposals)
    .set({ ...change, revision: sql`${layerProposals.revision} + 1`, updatedAt: sql`now()` })
    .where(and(eq(layerProposals.organizationId, organizationId), eq(layerProposals.id, id)));
}

function selectProposals(db: Queryable, organizationId: string) {
  return db
    .select({
      id: layerProposals.id,
      scope: layerProposals.scope,
      ownerId: layerProposals.ownerId,
      ownerName: sql<string>`coalesce(${positions.name}, ${employees.name}, ${organizations.name})`,
      baseVersion: layerProposals.baseVersion,
      layerVersion: sql<number>`coalesce(${layers.version}, 0)`,
      content: layerProposals.content,
      note: layerProposals.note,
      state: layerProposals.state,
      revision: layerProposals.revision,
      authorId: layerProposals.authorId,
      author: layerProposals.author,
      reviewer: layerProposals.reviewer,
      reviewNote: layerProposals.reviewNote,
      canaryPercent: layerProposals.canaryPercent,
      canaryUpTo: layerProposals.canaryUpTo,
      publishedVersion: layerProposals.publishedVersion,
      createdAt: layerProposals.createdAt,
      updatedAt: layerProposals.updatedAt,
      departmentId: sql<string | null>`coalesce(${positions.departmentId}, ${employees.departmentId})`,
    })
    .from(layerProposals)
    .innerJoin(organizations, eq(organizations.id, layerProposals.organizationId))
    .leftJoin(
      positions,
      and(
        eq(positions.organizationId, organizationId),
        eq(layerProposals.scope, 'position'),
        eq(positions.id, layerProposals.ownerId),
      ),
    )
    .leftJoin(
      employees,
      and(
        eq(employees.organizationId, organizationId),
        eq(layerProposals.scope, 'personal'),
        eq(employees.id, layerProposals.ownerId),
      ),
    )
    .leftJoin(
      layers,
      and(
        eq(layers.organizationId, organizationId),
        eq(layers.scope, layerProposals.scope),
        eq(layers.ownerId, layerProposals.ownerId),
      ),
    )
    .$dynamic();
}
