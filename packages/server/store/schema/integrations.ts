import type { ApiScope, WebhookEventType } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import {
  bigserial,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
} from 'drizzle-orm/pg-core';
import { createdAt, instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';
import { tenants } from './pool.ts';

/** Keys of integrators. A key is 256 random bits, so a plain SHA-256 of it is enough. */
export const apiKeys = pgTable(
  'api_keys',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    hash: text('hash').notNull(),
    scopes: jsonb('scopes').$type<ApiScope[]>().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at'),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.id] }), unique('api_key_hash').on(t.hash)],
);

/** The tenants a key may talk to. */
export const apiKeyTenants = pgTable(
  'api_key_tenants',
  {
    organizationId: organizationId().references(() => organizations.id),
    keyId: text('key_id').notNull(),
    tenantId: text('tenant_id').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.keyId, t.tenantId] }),
    foreignKey({ columns: [t.organizationId, t.keyId], foreignColumns: [apiKeys.organizationId, apiKeys.id] }),
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
  ],
);

export const webhooks = pgTable(
  'webhooks',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    url: text('url').notNull(),
    events: jsonb('events').$type<WebhookEventType[]>().notNull(),
    sealedSecret: text('sealed_secret').notNull(),
    enabled: boolean('enabled').notNull().default(true),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.organizationId, t.id] })],
);

/** Events on their way to an endpoint. The row's id is the event's id for this endpoint, the same in every attempt. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    arrival: bigserial('arrival', { mode: 'number' }).notNull(),
    webhookId: text('webhook_id').notNull(),
    event: text('event').$type<WebhookEventType>().notNull(),
    payload: jsonb('payload').notNull(),
    state: text('state', { enum: ['waiting', 'delivered', 'dead', 'discarded'] })
      .notNull()
      .default('waiting'),
    attempts: integer('attempts').notNull().default(0),
    status: integer('status'),
    error: text('error'),
    retryAt: instant('retry_at'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: instant('lease_expires_at'),
    fence: integer('fence').notNull().default(0),
    createdAt: createdAt(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    foreignKey({
      columns: [t.organizationId, t.webhookId],
      foreignColumns: [webhooks.organizationId, webhooks.id],
    }).onDelete('cascade'),
    index('webhook_deliveries_waiting').on(t.arrival).where(sql`state = 'waiting'`),
    index('webhook_deliveries_by_webhook').on(t.organizationId, t.webhookId, t.arrival),
    index('webhook_deliveries_dead').on(t.organizationId, t.finishedAt).where(sql`state = 'dead'`),
  ],
);
