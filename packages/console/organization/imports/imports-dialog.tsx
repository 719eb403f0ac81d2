import type { EmployeeImport } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Undo2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Skeleton } from '../../design/placeholder.tsx';
import { showToast } from '../../design/toast.tsx';
import { useFormat, useNow } from '../../format/use-format.ts';
import { importsQuery, organizationChanged } from '../queries.ts';

/** Files of people that were taken in. Taking one back asks once more, in place. */
export function ImportsDialog({ mayChange, onClose }: { mayChange: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: imports, error } = useQuery(importsQuery);
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('imports.past')}
      description={t('imports.pastText')}
      footer={<Button onClick={onClose}>{t('common.close')}</Button>}
    >
      <ProblemNotice error={error} />
      {imports ? (
        imports.length === 0 ? (
          <p className="py-4 text-ink-soft">{t('imports.none')}</p>
        ) : (
          <ul className="overflow-hidden rounded-lg border">
            {imports.map((one) => (
              <ImportLine key={one.id} one={one} mayChange={mayChange} />
            ))}
          </ul>
        )
      ) : (
        !error && <Skeleton className="h-32 rounded-lg" />
      )}
    </Dialog>
  );
}

function ImportLine({ one, mayChange }: { one: EmployeeImport; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const undo = useMutation({
    mutationFn: () => api.call('undoImport', { params: { importId: one.id } }),
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: () => {
      setAsking(false);
      showToast({ tone: 'good', title: t('imports.undone'), detail: one.fileName });
    },
  });
  const at = Date.parse(one.createdAt);
  return (
    <li
      data-testid="import"
      data-name={one.fileName}
      className="grid grid-cols-1 gap-2 border-b px-4 py-3 text-sm last:border-0"
    >
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-40 flex-1">
          <p className="truncate font-medium">{one.fileName}</p>
          <p className="text-ink-faint text-xs">
            {t('imports.done', {
              added: t('imports.added', { count: one.created }),
              changed: t('imports.changed', { count: one.changed }),
            })}
            {' · '}
            <time dateTime={one.createdAt} title={format.full(at)}>
              {t('imports.by', { name: one.importedBy, ago: format.ago(at, now) })}
            </time>
          </p>
        </div>
        {one.undoneAt !== null ? (
          <span className="rounded-full bg-hover px-2.5 py-1 text-ink-soft text-xs">
            {t('imports.undoneBy', {
              name: one.undoneBy ?? t('common.none'),
              ago: format.ago(Date.parse(one.undoneAt), now),
            })}
          </span>
        ) : (
          mayChange &&
          (asking ? (
            <span className="flex gap-2">
              <Button size="sm" autoFocus onClick={() => setAsking(false)}>
                {t('common.cancel')}
              </Button>
              <Button size="sm" kind="danger" disabled={undo.isPending} onClick={() => undo.mutate()}>
                {t('imports.reallyUndo')}
              </Button>
            </span>
          ) : (
            <Button size="sm" aria-label={t('imports.undoOf', { name: one.fileName })} onClick={() => setAsking(true)}>
              <Undo2 aria-hidden="true" />
              {t('imports.undo')}
            </Button>
          ))
        )}
      </div>
      {asking && <p className="text-ink-soft">{t('imports.undoText')}</p>}
      <ProblemNotice error={undo.error} />
    </li>
  );
}
