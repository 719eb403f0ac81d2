import { randomUUID } from 'node:crypto';
import { type ApiKey, type ApiScope, ClawpoolError } from '@clawpool/contracts';
import { and, eq, inArray, ne } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database, Drizzle, Transaction } from '../store/database.ts';
import { tenants } from '../store/schema/index.ts';
import { hashOfKey, newApiKey, prefixOfKey } from './api-key.ts';
import { findKey, findUsableKey, insertKey, listKeys, noteKeyUsed, revokeKey } from './api-key-store.ts';

export interface NewApiKey {
  name: string;
  /** Ids or names of the tenants it may talk to. */
  tenants: readonly string[];
  scopes: readonly ApiScope[];
  expiresAt: string | null;
}

/** What admins do with API keys; who may is decided by the routes. */
export interface ApiKeyService {
  list(principal: Principal): Promise<ApiKey[]>;
  /** The secret is told here and never again. Errors: `invalid_request` (unknown tenants, an expiry that has passed). */
  create(principal: Principal, input: NewApiKey): Promise<{ key: ApiKey; secret: string }>;
  /** Refused from the next request on; again is no error. Error: `not_found`. */
  revoke(principal: Principal, keyId: string): Promise<void>;
}

export function createApiKeyService({ db }: Database): ApiKeyService {
  return {
    list: ({ organizationId }) => listKeys(db, organizationId),

    create: (principal, input) =>
      db.transaction(async (tx) => {
        const { organizationId } = principal;
        const expiresAt = input.expiresAt === null ? null : new Date(input.expiresAt);
        if (expiresAt && expiresAt <= new Date()) {
          throw new ClawpoolError('invalid_request', 'The key would have expired already.', 'Give a time to come.');
        }
        const tenantIds = await resolveTenants(tx, organizationId, input.tenants);
        const secret = newApiKey();
        const id = randomUUID();
        await insertKey(tx, {
          ...{ organizationId, id, expiresAt, tenantIds },
          name: input.name,
          prefix: prefixOfKey(secret),
          hash: hashOfKey(secret),
          scopes: [...new Set(input.scopes)],
          createdBy: principal.name,
        });
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: principal.userId, name: principal.name },
          action: 'api_key.created',
          target: { type: 'api_key', id, name: input.name },
          outcome: 'allowed',
          detail: { tenants: tenantIds, scopes: input.scopes, expiresAt: input.expiresAt },
        });
        return { key: await known(tx, organizationId, id), secret };
      }),

    revoke: (principal, keyId) =>
      db.transaction(async (tx) => {
        const { organizationId } = principal;
        const key = await known(tx, organizationId, keyId);
        if (!(await revokeKey(tx, organizationId, keyId))) return;
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: principal.userId, name: principal.name },
          action: 'api_key.revoked',
          target: { type: 'api_key', id: keyId, name: key.name },
          outcome: 'allowed',
          detail: {},
        });
      }),
  };
}

/** Who makes a request with this key; null: nobody, or nobody any more. `look`: it is not a use of the key. */
export async function principalOfKey(
  db: Drizzle,
  secret: string,
  { look = false }: { look?: boolean } = {},
): Promise<Principal | null> {
  const key = await findUsableKey(db, hashOfKey(secret));
  if (!key) return null;
  if (!look) await noteKeyUsed(db, key);
  const { id, name, scopes, tenantIds, organizationId } = key;
  return {
    userId: `key:${id}`,
    name,
    organizationId,
    employeeId: null,
    roles: [],
    apiKey: { id, name, scopes, tenantIds },
  };
}

async function known(tx: Transaction, organizationId: string, keyId: string): Promise<ApiKey> {
  const key = await findKey(tx, organizationId, keyId);
  if (key) return key;
  throw new ClawpoolError('not_found', `There is no API key “${keyId}”.`, 'The list of keys shows which there are.');
}

async function resolveTenants(tx: Transaction, organizationId: string, wanted: readonly string[]): Promise<string[]> {
  const inOrganization = and(eq(tenants.organizationId, organizationId), ne(tenants.state, 'deleted'));
  const byId = await tx
    .select({ id: tenants.id, name: tenants.name })
    .from(tenants)
    .where(and(inOrganization, inArray(tenants.id, [...wanted])));
  const byName = await tx
    .select({ id: tenants.id, name: tenants.name })
    .from(tenants)
    .where(and(inOrganization, inArray(tenants.name, [...wanted])));
  const ids = wanted.map((one) => {
    const found = byId.find(({ id }) => id === one) ?? byName.find(({ name }) => name === one);
    if (found) return found.id;
    throw new ClawpoolError('invalid_request', `There is no tenant “${one}”.`, 'Give ids or names of tenants.');
  });
  return [...new Set(ids)];
}
