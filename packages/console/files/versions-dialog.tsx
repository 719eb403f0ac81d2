import type { FileVersion, WorkspaceFile } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { fileAddress, saveFile } from '../api/files.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { Tag } from '../design/tag.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import { ComparedTexts } from './compared-texts.tsx';
import { nameOf } from './paths.ts';
import { fileQuery, fileVersionsQuery, workspaceKey } from './queries.ts';

/** What a file was in the agent's checkpoints: compared with what it is now, downloaded, and made the newest again. */
export function VersionsDialog({
  tenantId,
  file,
  onClose,
}: {
  tenantId: string;
  file: WorkspaceFile;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: versions, error } = useQuery(fileVersionsQuery(tenantId, file.path));
  const [chosen, setChosen] = useState<FileVersion | null>(null);
  const restore = useMutation({
    mutationFn: ({ id }: FileVersion) =>
      api.call('restoreFile', {
        params: { tenantId },
        body: { path: file.path, version: id, expected: file.hash ?? 'any' },
      }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('agentFiles.restored', { name: nameOf(file.path) }) });
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: workspaceKey(tenantId) }),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('agentFiles.versionsTitle', { name: nameOf(file.path) })}
      description={t('agentFiles.versionsLead')}
      size="lg"
      footer={
        <>
          <Button onClick={onClose}>{t('common.close')}</Button>
          {chosen && (
            <Button
              onClick={() => {
                const query = { path: file.path, version: chosen.id };
                saveFile(fileAddress('downloadFile', { tenantId }, query), nameOf(file.path));
              }}
            >
              <Download aria-hidden="true" />
              {t('agentFiles.download')}
            </Button>
          )}
          {chosen && file.mayEdit && (
            <Button kind="primary" disabled={restore.isPending} onClick={() => restore.mutate(chosen)}>
              {t('agentFiles.restore')}
            </Button>
          )}
        </>
      }
    >
      <div className="grid gap-4">
        <ProblemNotice error={error ?? restore.error} />
        {!versions && !error && <Skeleton className="h-24 rounded-lg" />}
        {versions?.length === 0 && <p className="text-ink-soft">{t('agentFiles.noVersions')}</p>}
        {versions && versions.length > 0 && <VersionList versions={versions} chosen={chosen} onChosen={setChosen} />}
        {chosen && <Difference tenantId={tenantId} file={file} version={chosen} />}
      </div>
    </Dialog>
  );
}

function VersionList({
  versions,
  chosen,
  onChosen,
}: {
  versions: readonly FileVersion[];
  chosen: FileVersion | null;
  onChosen: (version: FileVersion) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <ul aria-label={t('agentFiles.versions')} className="max-h-64 divide-y overflow-y-auto rounded-lg border">
      {versions.map((version) => (
        <li key={version.id}>
          <button
            type="button"
            data-testid="version"
            aria-pressed={version.id === chosen?.id}
            onClick={() => onChosen(version)}
            className={classNames(
              '-outline-offset-2 flex w-full items-center gap-3 px-3 py-2 text-start text-sm',
              version.id === chosen?.id ? 'bg-pressed' : 'hover:bg-hover',
            )}
          >
            <span className="min-w-0 flex-1">{format.full(Date.parse(version.at))}</span>
            {version.backup && <Tag name={t('agentFiles.backup')} />}
            <span className="tabular text-ink-faint">{format.bytes(version.bytes)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function Difference({ tenantId, file, version }: { tenantId: string; file: WorkspaceFile; version: FileVersion }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(fileQuery(tenantId, file.path, version.id));
  if (error) return <ProblemNotice error={error} />;
  if (!data) return <Skeleton className="h-24 rounded-lg" />;
  return (
    <div>
      <h3 className="mb-2 font-medium text-sm">{t('agentFiles.sinceThen')}</h3>
      <ComparedTexts label={t('agentFiles.difference')} before={data.text} after={file.text} />
    </div>
  );
}
