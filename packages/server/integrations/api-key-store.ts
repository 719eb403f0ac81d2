import type { ApiKey, ApiScope } from '@clawpool/contracts';
import { and, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { apiKeys, apiKeyTenants, tenants } from '../store/schema/index.ts';

export type ApiKeyRow = typeof apiKeys.$inferSelect;

/** A key that may be used now, with its tenants that still are. */
export interface UsableKey {
  organizationId: string;
  id: string;
  name: string;
  scopes: ApiScope[];
  tenantIds: string[];
}

/** By its hash. Null: there is none, or it is revoked or has expired. */
export async function findUsableKey(db: Queryable, hash: string): Promise<UsableKey | null> {
  const [row] = await db
    .select({
      organizationId: apiKeys.organizationId,
      id: apiKeys.id,
      name: apiKeys.name,
      scopes: apiKeys.scopes,
      tenantIds: sql<string[]>`array(
        select t.id from tenants t join api_key_tenants k on k.organization_id = t.organization_id and k.tenant_id = t.id
        where k.organization_id = api_keys.organization_id and k.key_id = api_keys.id and t.state <> 'deleted'
        order by t.id)`,
    })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.hash, hash),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), sql`${apiKeys.expiresAt} > now()`),
      ),
    );
  return row ?? null;
}

/** At most once a minute: it is to be read by people, and a write for each request would cost more than the request. */
export async function noteKeyUsed(db: Queryable, { organizationId, id }: UsableKey): Promise<void> {
  await db
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(apiKeys.organizationId, organizationId),
        eq(apiKeys.id, id),
        or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, sql`now() - interval '1 minute'`)),
      ),
    );
}

/** All of the organization, revoked ones too; the newest first. */
export async function listKeys(db: Queryable, organizationId: string): Promise<ApiKey[]> {
  const rows = await db
    .select()
    .from(apiKeys)
    .where(eq(apiKeys.organizationId, organizationId))
    .orderBy(desc(apiKeys.createdAt));
  return withTenants(db, organizationId, rows);
}

export async function findKey(db: Queryable, organizationId: string, id: string): Promise<ApiKey | null> {
  const rows = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.organizationId, organizationId), eq(apiKeys.id, id)));
  return (await withTenants(db, organizationId, rows))[0] ?? null;
}

export async function insertKey(
  tx: Transaction,
  { tenantIds, ...row }: typeof apiKeys.$inferInsert & { tenantIds: readonly string[] },
): Promise<void> {
  await tx.insert(apiKeys).values(row);
  const { organizationId, id: keyId } = row;
  await tx.insert(apiKeyTenants).values(tenantIds.map((tenantId) => ({ organizationId, keyId, tenantId })));
}

/** False: there is no such key, or it had been revoked before. */
export async function revokeKey(tx: Transaction, organizationId: string, id: string): Promise<boolean> {
  const rows = await tx
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.organizationId, organizationId), eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
    .returning({ id: apiKeys.id });
  return rows.length === 1;
}

async function withTenants(db: Queryable, organizationId: string, rows: readonly ApiKeyRow[]): Promise<ApiKey[]> {
  if (rows.length === 0) return [];
  const links = await db
    .select({ keyId: apiKeyTenants.keyId, id: tenants.id, name: tenants.name })
    .from(apiKeyTenants)
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, apiKeyTenants.organizationId), eq(tenants.id, apiKeyTenants.tenantId)),
    )
    .where(
      and(
        eq(apiKeyTenants.organizationId, organizationId),
        inArray(
          apiKeyTenants.keyId,
          rows.map(({ id }) => id),
        ),
      ),
    )
    .orderBy(tenants.name);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    tenants: links.filter(({ keyId }) => keyId === row.id).map(({ id, name }) => ({ id, name })),
    scopes: row.scopes,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }));
}
