import { bigserial, foreignKey, index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';
import { tenants } from './pool.ts';

/** One row for every call of a model provider. */
export const modelCalls = pgTable(
  'model_calls',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    organizationId: organizationId().references(() => organizations.id),
    tenantId: text('tenant_id').notNull(),
    /** As the runtime told it, which may lie: meaningful only together with its tenant. */
    turnId: text('turn_id'),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    inputTokens: integer('input_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    cachedInputTokens: integer('cached_input_tokens').notNull(),
    firstTokenMs: integer('first_token_ms'),
    durationMs: integer('duration_ms').notNull(),
    outcome: text('outcome', { enum: ['ok', 'error', 'cancelled'] }).notNull(),
    failureReason: text('failure_reason'),
    failureMessage: text('failure_message'),
    attempt: integer('attempt').notNull(),
    at: instant('at').notNull().defaultNow(),
  },
  (t) => [
    foreignKey({ columns: [t.organizationId, t.tenantId], foreignColumns: [tenants.organizationId, tenants.id] }),
    index('model_calls_by_tenant').on(t.organizationId, t.tenantId, t.at),
    index('model_calls_by_turn').on(t.turnId),
  ],
);
