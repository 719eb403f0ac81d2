import type { WorkspaceEntry } from '@clawpool/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { FilePlus, FolderPlus, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { useFileDrop } from '../chat/use-file-drop.ts';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { Notice } from '../design/notice.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useFormat } from '../format/use-format.ts';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { EntryRow } from './entry-row.tsx';
import { DeleteDialog, NewEntryDialog, RenameDialog } from './name-dialogs.tsx';
import { folderQuery } from './queries.ts';
import { UploadList } from './upload-list.tsx';
import type { Uploads } from './use-uploads.ts';

type Overlay = { kind: 'file' | 'folder' } | { kind: 'rename' | 'delete'; path: string };

/** What is in a folder, and what can be done with it. */
export function FolderPane({
  tenantId,
  path,
  uploads,
  onPath,
  onNewFile,
}: {
  tenantId: string;
  path: string;
  uploads: Uploads;
  onPath: (path: string) => void;
  /** It is empty, and somebody wants to write it. */
  onNewFile: (path: string) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    folderQuery(tenantId, path),
  );
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const [filter, setFilter] = useState('');
  const chooser = useRef<HTMLInputElement>(null);
  const folder = data?.pages[0];
  const mayEdit = folder?.mayEdit ?? false;
  const isOver = useFileDrop(mayEdit ? (files) => uploads.add(path, files) : null);
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  const close = () => setOverlay(null);
  return (
    <div className="relative flex min-h-full flex-col">
      <div className="flex min-h-12 flex-wrap items-center gap-2 border-b px-3 py-2 sm:px-4">
        <Breadcrumbs path={path} onPath={onPath} />
        {mayEdit && (
          <div className="flex flex-wrap gap-1.5">
            <Button size="sm" onClick={() => setOverlay({ kind: 'file' })}>
              <FilePlus aria-hidden="true" />
              {t('agentFiles.newFile')}
            </Button>
            <Button size="sm" onClick={() => setOverlay({ kind: 'folder' })}>
              <FolderPlus aria-hidden="true" />
              {t('agentFiles.newFolder')}
            </Button>
            <Button size="sm" kind="primary" onClick={() => chooser.current?.click()}>
              <Upload aria-hidden="true" />
              {t('agentFiles.upload')}
            </Button>
            <input
              ref={chooser}
              type="file"
              multiple
              tabIndex={-1}
              aria-label={t('agentFiles.upload')}
              className="sr-only"
              onChange={(event) => {
                uploads.add(path, [...(event.target.files ?? [])]);
                event.target.value = '';
              }}
            />
          </div>
        )}
      </div>
      <div className="grid min-w-0 gap-3 p-3 sm:p-4">
        {folder?.takenAt && (
          <Notice tone="info" title={t('agentFiles.asleepTitle')} data-testid="taken-at">
            {t('agentFiles.asleep', { time: format.full(Date.parse(folder.takenAt)) })}
          </Notice>
        )}
        <UploadList uploads={uploads} />
        {!data && error && (
          <Placeholder
            title={t('agentFiles.failedFolder')}
            actions={
              <>
                <Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>
                {path !== '' && <Button onClick={() => onPath('')}>{t('agentFiles.toRoot')}</Button>}
              </>
            }
          >
            <ProblemNotice error={error} />
          </Placeholder>
        )}
        {!data && !error && <Loading />}
        {folder && folder.total > 0 && (
          <SearchField label={t('agentFiles.filter')} value={filter} onValue={setFilter} className="max-w-sm" />
        )}
        {folder?.total === 0 && <EmptyFolder root={path === ''} mayEdit={mayEdit} />}
        {folder && folder.total > 0 && (
          <Entries
            entries={entries.filter(({ name }) => name.toLowerCase().includes(filter.trim().toLowerCase()))}
            path={path}
            mayEdit={mayEdit}
            tenantId={tenantId}
            onPath={onPath}
            onRename={(chosen) => setOverlay({ kind: 'rename', path: chosen })}
            onDelete={(chosen) => setOverlay({ kind: 'delete', path: chosen })}
          />
        )}
        {hasNextPage && (
          <Button className="justify-self-center" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('agentFiles.more', { shown: entries.length, total: folder?.total ?? 0 })}
          </Button>
        )}
        {folder && !folder.complete && <p className="text-ink-faint text-sm">{t('agentFiles.incomplete')}</p>}
      </div>
      {isOver && (
        <div className="pointer-events-none absolute inset-2 grid place-items-center rounded-lg border-2 border-accent border-dashed bg-accent-soft/90 font-medium text-accent-ink">
          {t('agentFiles.drop')}
        </div>
      )}
      {(overlay?.kind === 'file' || overlay?.kind === 'folder') && (
        <NewEntryDialog
          tenantId={tenantId}
          folder={path}
          kind={overlay.kind}
          onClose={close}
          onMade={overlay.kind === 'file' ? onNewFile : onPath}
        />
      )}
      {overlay?.kind === 'rename' && (
        <RenameDialog tenantId={tenantId} path={overlay.path} onClose={close} onRenamed={() => {}} />
      )}
      {overlay?.kind === 'delete' && (
        <DeleteDialog tenantId={tenantId} path={overlay.path} onClose={close} onDeleted={() => {}} />
      )}
    </div>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <p role="status" className="sr-only">
        {t('agentFiles.loading')}
      </p>
      {['a', 'b', 'c', 'd'].map((key) => (
        <Skeleton key={key} className="h-10 rounded-md" />
      ))}
    </>
  );
}

function EmptyFolder({ root, mayEdit }: { root: boolean; mayEdit: boolean }) {
  const { t } = useTranslation();
  if (root && !mayEdit) return <Placeholder title={t('agentFiles.noneTitle')}>{t('agentFiles.none')}</Placeholder>;
  return (
    <Placeholder title={t('agentFiles.emptyTitle')}>
      {mayEdit ? t('agentFiles.emptyDrop') : t('agentFiles.empty')}
    </Placeholder>
  );
}

function Entries({
  entries,
  path,
  ...actions
}: {
  entries: readonly WorkspaceEntry[];
  path: string;
  mayEdit: boolean;
  tenantId: string;
  onPath: (path: string) => void;
  onRename: (path: string) => void;
  onDelete: (path: string) => void;
}) {
  const { t } = useTranslation();
  if (entries.length === 0) return <p className="px-1 text-ink-soft text-sm">{t('agentFiles.noMatch')}</p>;
  return (
    <ul aria-label={t('agentFiles.entries')} className="divide-y overflow-hidden rounded-lg border bg-surface">
      {entries.map((entry) => (
        <EntryRow
          key={entry.name}
          entry={entry}
          path={`${path}${entry.name}${entry.kind === 'folder' ? '/' : ''}`}
          {...actions}
        />
      ))}
    </ul>
  );
}
