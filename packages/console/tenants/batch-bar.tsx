import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { actionIcons } from './action-icons.ts';
import { type Selection, sizeOf } from './selection.ts';
import { type BatchAction, batchActions } from './tenant-actions.ts';

/** Stands at the foot of the page while rows are chosen: how many, and what can be done with all of them. */
export function BatchBar({
  selection,
  total,
  onEverything,
  onClear,
  onAction,
}: {
  selection: Selection;
  /** That fit the filter, on all pages. */
  total: number;
  onEverything: () => void;
  onClear: () => void;
  onAction: (action: BatchAction) => void;
}) {
  const { t } = useTranslation();
  const count = sizeOf(selection, total);
  return (
    <section
      aria-label={t('batch.title')}
      data-testid="batch-bar"
      className="shrink-0 animate-appear border-t bg-surface px-4 py-2.5 shadow-floating sm:px-5 lg:px-6"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="flex items-center gap-2 text-sm">
          <Button kind="ghost" size="icon-sm" aria-label={t('batch.clear')} title={t('batch.clear')} onClick={onClear}>
            <X aria-hidden="true" />
          </Button>
          <span className="tabular whitespace-nowrap font-medium" role="status">
            {t('batch.chosen', { count })}
          </span>
          {!selection.everything && count < total && (
            <button
              type="button"
              onClick={onEverything}
              className="whitespace-nowrap rounded-xs text-accent-ink text-sm underline underline-offset-4"
            >
              {t('batch.everything', { count: total })}
            </button>
          )}
        </div>
        <div className="-mx-1 flex min-w-0 gap-1 overflow-x-auto px-1 py-0.5 sm:ms-auto">
          {batchActions.map((action) => {
            const Icon = actionIcons[action];
            return (
              <Button
                key={action}
                size="sm"
                kind={action === 'delete' ? 'ghost' : 'outline'}
                className={action === 'delete' ? 'text-bad-ink hover:bg-bad-soft hover:text-bad-ink' : ''}
                onClick={() => onAction(action)}
              >
                <Icon aria-hidden="true" />
                {t(`operations.action.${action}`)}
              </Button>
            );
          })}
        </div>
      </div>
    </section>
  );
}
