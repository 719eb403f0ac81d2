import { ClientError } from '@clawpool/client';
import { useQuery } from '@tanstack/react-query';
import { Download, EllipsisVertical, History, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { fileAddress, saveFile } from '../api/files.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { FileContent } from './file-content.tsx';
import { FileEditor } from './file-editor.tsx';
import { ManagedNotice } from './managed-notice.tsx';
import { isMarkdown } from './media.ts';
import { DeleteDialog, RenameDialog } from './name-dialogs.tsx';
import { nameOf, parentOf } from './paths.ts';
import { fileQuery } from './queries.ts';
import { VersionsDialog } from './versions-dialog.tsx';

/** One file: shown, edited, and what can be done with it. */
export function FilePane({
  tenantId,
  path,
  own,
  startsEditing,
  onPath,
}: {
  tenantId: string;
  path: string;
  own: boolean;
  startsEditing: boolean;
  onPath: (path: string) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const { data: file, error, refetch } = useQuery(fileQuery(tenantId, path));
  const [editing, setEditing] = useState(startsEditing);
  const [view, setView] = useState<'rendered' | 'source'>('rendered');
  const [overlay, setOverlay] = useState<'versions' | 'rename' | 'delete' | null>(null);
  const close = () => setOverlay(null);
  const name = nameOf(path);
  const mayWrite = file?.mayEdit === true && file.kind === 'text';
  return (
    <div className="flex min-h-full flex-col">
      <div className="flex min-h-12 flex-wrap items-center gap-2 border-b px-3 py-2 sm:px-4">
        <Breadcrumbs path={path} onPath={onPath} />
        {file && !editing && (
          <div className="flex flex-wrap items-center gap-1.5">
            {mayWrite && (
              <Button size="sm" kind="primary" onClick={() => setEditing(true)}>
                <Pencil aria-hidden="true" />
                {t('agentFiles.edit')}
              </Button>
            )}
            <Button size="sm" onClick={() => saveFile(fileAddress('downloadFile', { tenantId }, { path }), name)}>
              <Download aria-hidden="true" />
              {t('agentFiles.download')}
            </Button>
            <Button size="sm" onClick={() => setOverlay('versions')}>
              <History aria-hidden="true" />
              {t('agentFiles.versions')}
            </Button>
            {file.mayEdit && (
              <Menu
                align="end"
                trigger={
                  <Button kind="ghost" size="icon-sm" aria-label={t('agentFiles.actions', { name })}>
                    <EllipsisVertical aria-hidden="true" />
                  </Button>
                }
              >
                <MenuItem icon={<Pencil aria-hidden="true" />} onSelect={() => setOverlay('rename')}>
                  {t('agentFiles.rename')}
                </MenuItem>
                <MenuItem icon={<Trash2 aria-hidden="true" />} danger onSelect={() => setOverlay('delete')}>
                  {t('agentFiles.delete')}
                </MenuItem>
              </Menu>
            )}
          </div>
        )}
      </div>
      {!file && error && (
        <Placeholder
          title={t(isGone(error) ? 'agentFiles.gone' : 'agentFiles.failedFile')}
          actions={
            <>
              <Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>
              <Button onClick={() => onPath(parentOf(path))}>{t('agentFiles.toFolder')}</Button>
            </>
          }
        >
          <ProblemNotice error={error} />
        </Placeholder>
      )}
      {!file && !error && (
        <div className="grid gap-3 p-4">
          <p role="status" className="sr-only">
            {t('agentFiles.loading')}
          </p>
          <Skeleton className="h-6 w-48" />
          <Skeleton className="h-64 rounded-lg" />
        </div>
      )}
      {file && editing && mayWrite && <FileEditor tenantId={tenantId} file={file} onClose={() => setEditing(false)} />}
      {file && !(editing && mayWrite) && (
        <div className="grid min-w-0 gap-3 p-3 sm:p-4">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <p className="tabular text-ink-faint text-sm" data-testid="file-facts">
              {format.bytes(file.bytes)}
              {' · '}
              <time dateTime={file.modifiedAt} title={format.full(Date.parse(file.modifiedAt))}>
                {t('agentFiles.changed', { when: format.ago(Date.parse(file.modifiedAt), now) })}
              </time>
            </p>
            {file.kind === 'text' && isMarkdown(path) && (
              <FilterButtons
                label={t('agentFiles.view')}
                value={view}
                onValue={setView}
                options={(['rendered', 'source'] as const).map((value) => ({ value, label: t(`agentFiles.${value}`) }))}
              />
            )}
          </div>
          {file.managed && <ManagedNotice managed={file.managed} own={own} />}
          <FileContent tenantId={tenantId} file={file} rendered={view === 'rendered'} />
        </div>
      )}
      {overlay === 'versions' && file && <VersionsDialog tenantId={tenantId} file={file} onClose={close} />}
      {overlay === 'rename' && <RenameDialog tenantId={tenantId} path={path} onClose={close} onRenamed={onPath} />}
      {overlay === 'delete' && (
        <DeleteDialog tenantId={tenantId} path={path} onClose={close} onDeleted={() => onPath(parentOf(path))} />
      )}
    </div>
  );
}

const isGone = (error: Error) => error instanceof ClientError && error.code === 'not_found';
