import { randomUUID } from 'node:crypto';
import type { ApiScope } from '@clawpool/contracts';
import { hashOfKey, newApiKey, prefixOfKey } from '../integrations/api-key.ts';
import type { Database } from '../store/database.ts';
import { apiKeys, apiKeyTenants } from '../store/schema/index.ts';

/** A key as its row, whoever might be allowed to make it; returns what is sent. */
export async function insertApiKey(
  { db }: Database,
  key: { organizationId: string; tenants: readonly string[]; scopes?: ApiScope[]; name?: string },
): Promise<string> {
  const { organizationId } = key;
  const id = randomUUID();
  const secret = newApiKey();
  await db.insert(apiKeys).values({
    ...{ organizationId, id, name: key.name ?? 'a key', createdBy: 'a test' },
    scopes: key.scopes ?? ['chat', 'read', 'schedules'],
    prefix: prefixOfKey(secret),
    hash: hashOfKey(secret),
  });
  for (const tenantId of key.tenants) await db.insert(apiKeyTenants).values({ organizationId, keyId: id, tenantId });
  return secret;
}
