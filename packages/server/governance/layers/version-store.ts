import type { LayerChangeCause } from '@clawpool/contracts';
import { and, desc, eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { layerVersions } from '../../store/schema/index.ts';
import type { LayerKey } from './layer.ts';

export type StoredVersion = Pick<
  typeof layerVersions.$inferSelect,
  'version' | 'content' | 'cause' | 'note' | 'author' | 'createdAt'
>;

export async function insertVersion(
  tx: Transaction,
  organizationId: string,
  key: LayerKey,
  version: { version: number; content: string; cause: LayerChangeCause; note: string; author: string },
): Promise<void> {
  await tx.insert(layerVersions).values({ organizationId, ...key, ...version });
}

/** Newest first. */
export async function listVersions(db: Queryable, organizationId: string, key: LayerKey): Promise<StoredVersion[]> {
  return db.select(columns).from(layerVersions).where(isOf(organizationId, key)).orderBy(desc(layerVersions.version));
}

export async function findVersion(
  db: Queryable,
  organizationId: string,
  key: LayerKey,
  version: number,
): Promise<StoredVersion | null> {
  const [row] = await db
    .select(columns)
    .from(layerVersions)
    .where(and(isOf(organizationId, key), eq(layerVersions.version, version)));
  return row ?? null;
}

const columns = {
  version: layerVersions.version,
  content: layerVersions.content,
  cause: layerVersions.cause,
  note: layerVersions.note,
  author: layerVersions.author,
  createdAt: layerVersions.createdAt,
};

const isOf = (organizationId: string, { scope, ownerId }: LayerKey) =>
  and(
    eq(layerVersions.organizationId, organizationId),
    eq(layerVersions.scope, scope),
    eq(layerVersions.ownerId, ownerId),
  );
