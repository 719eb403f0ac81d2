import { sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import type { OperationService } from '../operations/operation-service.ts';
import { requestQuietly } from './request.ts';

export interface ExpiryOptions {
  database: Database;
  operations: OperationService;
  onError: (error: unknown) => void;
}

/**
 * Stops or deletes tenants whose time is over: once. A person who starts an expired tenant again keeps it until they give it a new
 * time. What fails is tried again every five minutes.
 */
export async function endExpired({ database, operations, onError }: ExpiryOptions): Promise<void> {
  const { rows } = await database.db.execute<{ organization_id: string; id: string; on_expiry: 'stop' | 'delete' }>(sql`
    select t.organization_id, t.id, t.on_expiry from tenants t
    where t.expires_at <= now() and t.state <> 'deleted' and not (t.state = 'stopped' and t.on_expiry = 'stop')
      and not exists (
        select 1 from operations o
        where o.organization_id = t.organization_id and o.tenant_id = t.id
          and (o.finished_at is null
            or (o.requested_by = 'expiry'
              and (o.created_at > now() - interval '5 minutes'
                or (o.state = 'succeeded' and o.created_at >= t.expires_at)))))
    order by t.expires_at limit 100`);
  for (const row of rows) {
    const request =
      row.on_expiry === 'delete'
        ? { kind: 'delete' as const, keepData: true, skipBackup: false }
        : { kind: 'stop' as const };
    const tenant = { organizationId: row.organization_id, id: row.id };
    const result = await requestQuietly(operations, tenant, request, 'expiry', onError);
    if (result !== 'requested' && result !== 'busy') onError(result);
  }
}
