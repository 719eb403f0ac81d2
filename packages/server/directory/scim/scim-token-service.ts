import { randomUUID } from 'node:crypto';
import { ClawpoolError, type ScimToken } from '@clawpool/contracts';
import { and, desc, eq, isNull, lt, or, sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { AuditActor } from '../../organization/people/person.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Drizzle } from '../../store/database.ts';
import { directoryPeople, scimGroups, scimTokens } from '../../store/schema/index.ts';
import { requirePolicy } from '../permission.ts';
import { hashOfToken, newScimToken, prefixOfToken } from './scim-token.ts';

/** What admins do with tokens of SCIM clients. */
export interface ScimTokenService {
  list(principal: Principal): Promise<{ tokens: ScimToken[]; people: number; groups: number }>;
  /** The secret is told here and never again. Error: `not_allowed` without the permission `policy`. */
  create(principal: Principal, name: string): Promise<{ token: ScimToken; secret: string }>;
  /** Refused from the next request on; again is no error. Error: `not_found`. */
  revoke(principal: Principal, tokenId: string): Promise<void>;
}

/** Which client asks, of which organization. */
export interface ScimCaller {
  organizationId: string;
  tokenId: string;
  actor: AuditActor;
}

export function createScimTokenService({ db }: Database): ScimTokenService {
  return {
    list: async ({ organizationId }) => {
      const rows = await db
        .select()
        .from(scimTokens)
        .where(eq(scimTokens.organizationId, organizationId))
        .orderBy(desc(scimTokens.createdAt));
      const ofScim = and(eq(directoryPeople.organizationId, organizationId), eq(directoryPeople.source, 'scim'));
      return {
        tokens: rows.map(toToken),
        people: await db.$count(directoryPeople, ofScim),
        groups: await db.$count(scimGroups, eq(scimGroups.organizationId, organizationId)),
      };
    },

    create: async (principal, name) => {
      requirePolicy(principal);
      return db.transaction(async (tx) => {
        const { organizationId } = principal;
        const secret = newScimToken();
        const id = randomUUID();
        const [row] = await tx
          .insert(scimTokens)
          .values({
            ...{ organizationId, id, name, createdBy: principal.name },
            prefix: prefixOfToken(secret),
            hash: hashOfToken(secret),
          })
          .returning();
        if (!row) throw new Error('insert returned nothing');
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: principal.userId, name: principal.name },
          action: 'scim_token.created',
          target: { type: 'scim_token', id, name },
          outcome: 'allowed',
          detail: {},
        });
        return { token: toToken(row), secret };
      });
    },

    revoke: (principal, tokenId) =>
      db.transaction(async (tx) => {
        const { organizationId } = principal;
        const key = and(eq(scimTokens.organizationId, organizationId), eq(scimTokens.id, tokenId));
        const [token] = await tx.select().from(scimTokens).where(key).for('update');
        if (!token) throw new ClawpoolError('not_found', 'There is no such token.', 'The list shows which there are.');
        if (token.revokedAt) return;
        await tx.update(scimTokens).set({ revokedAt: sql`now()` }).where(key);
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: principal.userId, name: principal.name },
          action: 'scim_token.revoked',
          target: { type: 'scim_token', id: tokenId, name: token.name },
          outcome: 'allowed',
          detail: {},
        });
      }),
  };
}

/** Null: there is no such token, or not any more. Its use is written down at most once a minute. */
export async function scimCallerOf(db: Drizzle, secret: string): Promise<ScimCaller | null> {
  const [row] = await db
    .select()
    .from(scimTokens)
    .where(and(eq(scimTokens.hash, hashOfToken(secret)), isNull(scimTokens.revokedAt)));
  if (!row) return null;
  const { organizationId, id: tokenId, name } = row;
  await db
    .update(scimTokens)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(scimTokens.organizationId, organizationId),
        eq(scimTokens.id, tokenId),
        or(isNull(scimTokens.lastUsedAt), lt(scimTokens.lastUsedAt, sql`now() - interval '1 minute'`)),
      ),
    );
  return { organizationId, tokenId, actor: { type: 'system', id: `scim:${tokenId}`, name: `SCIM (${name})` } };
}

function toToken(row: typeof scimTokens.$inferSelect): ScimToken {
  const { id, name, prefix, createdBy, createdAt, lastUsedAt, revokedAt } = row;
  return {
    ...{ id, name, prefix, createdBy },
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
