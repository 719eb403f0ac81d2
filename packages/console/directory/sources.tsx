import { type DirectorySourceView, type DirectoryVendor, directoryVendor } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CloudDownload, Ellipsis, History, Pencil, Plug, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { organizationChanged } from '../organization/queries.ts';
import { PreviewDialog } from './preview-dialog.tsx';
import { directoryKey, isUnderWay, mappingsQuery, sourcesQuery } from './queries.ts';
import { RunCounts, RunState } from './run-state.tsx';
import { RunsDialog } from './runs-dialog.tsx';
import { SourceDialog } from './source-dialog.tsx';

type Overlay = { kind: 'edit' | 'preview' | 'runs' | 'remove'; vendor: DirectoryVendor };

/** Platforms whose people are read: one card each. */
export function Sources({ mayChange }: { mayChange: boolean }) {
  const { data: sources, error } = useQuery(sourcesQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  useNewsOfRuns(sources);
  if (!sources) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-48 rounded-lg" />;
  const sourceOf = (vendor: DirectoryVendor) => sources.find((source) => source.vendor === vendor) ?? null;
  return (
    <>
      {error && <ProblemNotice error={error} />}
      <ul className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
        {directoryVendor.options.map((vendor) => {
          const source = sourceOf(vendor);
          const open = (kind: Overlay['kind']) => setOverlay({ kind, vendor });
          return (
            <li
              key={vendor}
              data-testid="source"
              data-vendor={vendor}
              className="flex min-w-0 flex-col gap-4 rounded-lg border bg-surface p-4 sm:p-5"
            >
              {source ? (
                <SourceCard source={source} mayChange={mayChange} onOpen={open} />
              ) : (
                <EmptyCard vendor={vendor} onConnect={mayChange ? () => open('edit') : null} />
              )}
            </li>
          );
        })}
      </ul>
      {overlay?.kind === 'edit' && (
        <SourceDialog vendor={overlay.vendor} source={sourceOf(overlay.vendor)} onClose={close} />
      )}
      {overlay?.kind === 'preview' && <PreviewDialog vendor={overlay.vendor} onClose={close} />}
      {overlay?.kind === 'runs' && <RunsDialog vendor={overlay.vendor} onClose={close} />}
      {overlay?.kind === 'remove' && <RemoveDialog vendor={overlay.vendor} onClose={close} />}
    </>
  );
}

/** A run that is over has changed people, departments and the titles that are known. */
function useNewsOfRuns(sources: readonly DirectorySourceView[] | undefined): void {
  const queries = useQueryClient();
  const over = sources?.map(({ lastRun }) => lastRun?.finishedAt ?? '').join(' ');
  useEffect(() => {
    if (over === undefined || over.trim() === '') return;
    void queries.invalidateQueries(mappingsQuery);
    void queries.invalidateQueries(organizationChanged);
  }, [over, queries]);
}

function EmptyCard({ vendor, onConnect }: { vendor: DirectoryVendor; onConnect: (() => void) | null }) {
  const { t } = useTranslation();
  return (
    <>
      <div className="flex-1">
        <h3 className="font-medium">{t(`directory.vendor.${vendor}`)}</h3>
        <p className="mt-1 text-ink-soft text-sm">{t(`directory.sources.about.${vendor}`)}</p>
      </div>
      {onConnect ? (
        <Button
          size="sm"
          className="self-start"
          aria-label={t('directory.sources.connectVendor', { name: t(`directory.vendor.${vendor}`) })}
          onClick={onConnect}
        >
          <Plug aria-hidden="true" />
          {t('directory.sources.connect')}
        </Button>
      ) : (
        <p className="text-ink-faint text-sm">{t('directory.sources.notConnected')}</p>
      )}
    </>
  );
}

function SourceCard({
  source,
  mayChange,
  onOpen,
}: {
  source: DirectorySourceView;
  mayChange: boolean;
  onOpen: (kind: Overlay['kind']) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const { vendor, lastRun } = source;
  const name = t(`directory.vendor.${vendor}`);
  const busy = lastRun !== null && isUnderWay(lastRun);
  const check = useMutation({ mutationFn: () => api.call('checkDirectorySource', { params: { vendor } }) });
  return (
    <>
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h3 className="font-medium">{name}</h3>
          <p className="mt-0.5 break-all text-ink-faint text-xs">{`${source.baseUrl} · ${source.appId}`}</p>
        </div>
        <Menu
          align="end"
          trigger={
            <Button
              kind="ghost"
              size="icon-sm"
              aria-label={t('directory.sources.actionsFor', { name })}
              className="-my-1 -me-2"
            >
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        >
          <MenuItem icon={<History />} onSelect={() => onOpen('runs')}>
            {t('directory.runs.title')}
          </MenuItem>
          {mayChange && (
            <>
              <MenuItem icon={<Pencil />} onSelect={() => onOpen('edit')}>
                {t('directory.sources.change')}
              </MenuItem>
              <MenuItem icon={<Trash2 />} danger onSelect={() => onOpen('remove')}>
                {t('directory.sources.disconnect')}
              </MenuItem>
            </>
          )}
        </Menu>
      </div>
      <p className="text-ink-soft text-sm">
        {t('directory.sources.people', { count: source.people })}
        {' · '}
        {source.everyHours === 0
          ? t('directory.sources.byHand')
          : t('directory.sources.every', { count: source.everyHours })}
      </p>
      {lastRun ? (
        <div data-testid="last-run" className="grid grid-cols-1 gap-2 rounded-md bg-sunken p-3 text-sm">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <RunState run={lastRun} />
            <time dateTime={lastRun.createdAt} className="text-ink-faint text-xs">
              {format.ago(Date.parse(lastRun.createdAt), now)}
            </time>
          </div>
          <RunCounts run={lastRun} />
        </div>
      ) : (
        <p className="rounded-md bg-sunken p-3 text-ink-soft text-sm">{t('directory.runs.none')}</p>
      )}
      {check.data && (
        <Notice
          tone={check.data.works ? 'info' : 'bad'}
          role="status"
          title={t(check.data.works ? 'directory.sources.works' : 'directory.sources.worksNot')}
        >
          {!check.data.works && [check.data.message, check.data.hint].filter(Boolean).join(' ')}
        </Notice>
      )}
      <ProblemNotice error={check.error} title={t('directory.notDone')} />
      {mayChange && (
        <div className="mt-auto flex flex-wrap gap-2 border-t pt-4">
          <Button size="sm" kind="primary" disabled={busy} onClick={() => onOpen('preview')}>
            <CloudDownload aria-hidden="true" />
            {t('directory.preview.open')}
          </Button>
          <Button size="sm" disabled={check.isPending} onClick={() => check.mutate()}>
            {t(check.isPending ? 'directory.sources.checking' : 'directory.sources.check')}
          </Button>
        </div>
      )}
    </>
  );
}

function RemoveDialog({ vendor, onClose }: { vendor: DirectoryVendor; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('removeDirectorySource', { params: { vendor } }),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: directoryKey }),
        queries.invalidateQueries(organizationChanged),
      ]),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('directory.sources.disconnectTitle', { name: t(`directory.vendor.${vendor}`) })}
      confirm={t('directory.sources.disconnect')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>{t('directory.sources.disconnectText')}</p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
