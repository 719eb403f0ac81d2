import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useFormat } from '../format/use-format.ts';
import type { CheckpointGroup } from './checkpoint-groups.ts';
import { CheckpointHistory } from './checkpoint-history.tsx';

/** One tenant with its newest checkpoint; all of them open below. */
export function TenantBackups({
  group: { tenantId, tenantName, orphan, newest },
  backups,
  now,
  mayChange,
}: {
  group: CheckpointGroup;
  /** Only what is kept as a backup. */
  backups: boolean;
  now: number;
  mayChange: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [open, setOpen] = useState(false);
  const at = Date.parse(newest.createdAt);
  return (
    <li data-testid="backup-group" data-tenant={tenantId} data-orphan={orphan} className="border-b last:border-0">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="grid w-full grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-0.5 px-3 py-3 text-start -outline-offset-2 transition-colors hover:bg-sunken sm:px-4 md:grid-cols-[auto_minmax(0,1fr)_9rem_11rem]"
      >
        <ChevronRight
          className={classNames('size-4 text-ink-faint transition-transform', open && 'rotate-90')}
          aria-hidden="true"
        />
        <span className="flex min-w-0 flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="break-all font-medium">{tenantName}</span>
          {orphan && (
            <span className="inline-flex h-6 items-center rounded-full bg-warn-soft px-2.5 font-medium text-warn-ink text-xs">
              {t('backups.orphan')}
            </span>
          )}
        </span>
        <span className="tabular text-ink-soft text-sm max-md:order-4 max-md:col-start-2">
          {format.bytes(newest.bytes)}
        </span>
        <span className="text-end text-ink-faint text-sm md:text-start">
          <time dateTime={newest.createdAt} title={format.full(at)}>
            {format.ago(at, now)}
          </time>
        </span>
      </button>
      <div id={id} hidden={!open} className="animate-appear border-t bg-sunken">
        {open && (
          <>
            {!orphan && (
              <p className="border-b px-4 py-2.5 text-sm md:ps-11">
                <Link
                  to="/tenants/$tenantId"
                  params={{ tenantId }}
                  className="text-accent-ink underline underline-offset-4"
                >
                  {t('backups.openTenant')}
                </Link>
              </p>
            )}
            <CheckpointHistory tenantId={tenantId} backups={backups} mayChange={mayChange} />
          </>
        )}
      </div>
    </li>
  );
}
