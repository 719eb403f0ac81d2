import type { Tenant } from '@clawpool/contracts';
import { Archive } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { CheckpointHistory } from '../backups/checkpoint-history.tsx';
import { Button } from '../design/button.tsx';
import { useBeginOperation } from '../tenants/operations.tsx';
import { actionsOf } from '../tenants/tenant-actions.ts';

export function CheckpointsTab({ tenant, mayChange }: { tenant: Tenant; mayChange: boolean }) {
  const { t } = useTranslation();
  const begin = useBeginOperation();
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-2xl text-ink-soft text-sm">{t('checkpoints.lead')}</p>
        {mayChange && (
          <Button disabled={!actionsOf(tenant).includes('backup')} onClick={() => begin(tenant, 'backup')}>
            <Archive aria-hidden="true" />
            {t('checkpoints.now')}
          </Button>
        )}
      </div>
      <div className="overflow-hidden rounded-lg border bg-surface">
        <CheckpointHistory tenantId={tenant.id} mayChange={mayChange} />
      </div>
    </div>
  );
}
