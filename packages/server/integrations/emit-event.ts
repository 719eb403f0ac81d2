import type { WebhookEventType } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { Transaction } from '../store/database.ts';
import { notification } from '../store/notifications.ts';

/**
 * Tells every endpoint of the organization that listens to this event; commits with what it tells about. `data` becomes the payload's
 * `data`, beside `type` and `timestamp` (Standard Webhooks' recommended shape).
 */
export async function emitEvent(
  tx: Transaction,
  organizationId: string,
  type: WebhookEventType,
  data: Record<string, unknown>,
): Promise<void> {
  const payload = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
  await tx.execute(sql`
    with told as (
      insert into webhook_deliveries (organization_id, id, webhook_id, event, payload)
      select organization_id, 'msg_' || replace(gen_random_uuid()::text, '-', ''), id, ${type}, ${payload}::jsonb
      from webhooks where organization_id = ${organizationId} and enabled and events ? ${type}
      returning 1
    )
    select ${notification('webhook_ready', {})} from told limit 1`);
}
