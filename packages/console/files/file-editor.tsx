import { ClientError } from '@clawpool/client';
import { type ExpectedFile, type WorkspaceFile, workspaceLimits } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import { ComparedTexts } from './compared-texts.tsx';
import { asBefore, forEditor } from './line-endings.ts';
import { nameOf } from './paths.ts';
import { PromptLimit } from './prompt-limit.tsx';
import { fileQuery, workspaceKey } from './queries.ts';
import { useFileGuard } from './use-file-guard.tsx';

/** A text is changed and saved over exactly what was read; what somebody else wrote meanwhile is shown first. */
export function FileEditor({
  tenantId,
  file,
  onClose,
}: {
  tenantId: string;
  file: WorkspaceFile;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const id = useId();
  const before = file.text ?? '';
  const [base] = useState(before);
  const [text, setText] = useState(() => forEditor(before));
  const dirty = text !== forEditor(base);
  const question = useFileGuard(dirty);
  const save = useMutation({
    mutationFn: async (expected: ExpectedFile) => {
      const content = new Blob([asBefore(text, base)]);
      const query = { path: file.path, expected };
      return { content, saved: await api.upload('writeFile', { params: { tenantId }, query }, content) };
    },
    onSuccess: async ({ content, saved }) => {
      const written = { ...file, ...saved, text: await content.text(), modifiedAt: new Date().toISOString() };
      queries.setQueryData(fileQuery(tenantId, file.path).queryKey, written);
      showToast({ tone: 'good', title: t('agentFiles.saved', { name: nameOf(file.path) }) });
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: [...workspaceKey(tenantId), 'folder'] }),
  });
  const bytes = new Blob([text]).size;
  const tooLong = bytes > workspaceLimits.textBytes;
  const maySave = dirty && !tooLong && !save.isPending;
  const inConflict = save.error instanceof ClientError && save.error.code === 'conflict';
  return (
    <form
      className="flex min-h-0 flex-1 flex-col gap-3 p-3 sm:p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (maySave) save.mutate(file.hash ?? 'none');
      }}
    >
      <label htmlFor={id} className="sr-only">
        {t('agentFiles.contentOf', { name: nameOf(file.path) })}
      </label>
      <textarea
        id={id}
        value={text}
        spellCheck={false}
        autoCapitalize="none"
        // biome-ignore lint/a11y/noAutofocus: whoever chose to edit wants to write
        autoFocus
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 's' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          if (maySave) save.mutate(file.hash ?? 'none');
        }}
        className="min-h-80 w-full flex-1 resize-y rounded-md border border-control bg-surface p-3 font-mono text-ink text-sm leading-6"
      />
      {file.promptLimit !== null && <PromptLimit characters={text.trimEnd().length} limit={file.promptLimit} />}
      {!inConflict && <ProblemNotice error={save.error} />}
      <div className="flex flex-wrap items-center justify-end gap-2">
        <p className={tooLong ? 'me-auto text-bad-ink text-sm' : 'tabular me-auto text-ink-faint text-sm'}>
          {tooLong
            ? t('agentFiles.textTooLong', { size: format.bytes(workspaceLimits.textBytes) })
            : format.bytes(bytes)}
        </p>
        <Button onClick={onClose}>{t(dirty ? 'agentFiles.discard' : 'common.cancel')}</Button>
        <Button type="submit" kind="primary" disabled={!maySave}>
          {t('common.save')}
        </Button>
      </div>
      {question}
      {inConflict && (
        <ConflictDialog
          tenantId={tenantId}
          path={file.path}
          mine={text}
          pending={save.isPending}
          onClose={() => save.reset()}
          onKeepMine={(expected) => save.mutate(expected)}
          onTakeNewest={(newest) => {
            queries.setQueryData(fileQuery(tenantId, file.path).queryKey, newest);
            onClose();
          }}
        />
      )}
    </form>
  );
}

function ConflictDialog({
  tenantId,
  path,
  mine,
  pending,
  onClose,
  onKeepMine,
  onTakeNewest,
}: {
  tenantId: string;
  path: string;
  mine: string;
  pending: boolean;
  onClose: () => void;
  onKeepMine: (expected: ExpectedFile) => void;
  onTakeNewest: (newest: WorkspaceFile) => void;
}) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: [...workspaceKey(tenantId), 'newest', path],
    // Null: it is not there any more.
    queryFn: ({ signal }) =>
      api.call('openFile', { params: { tenantId }, query: { path } }, { signal }).catch((failure: unknown) => {
        if (failure instanceof ClientError && failure.code === 'not_found') return null;
        throw failure;
      }),
    gcTime: 0,
    staleTime: 0,
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('agentFiles.conflictTitle', { name: nameOf(path) })}
      description={data === null ? t('agentFiles.conflictGone') : t('agentFiles.conflict')}
      size="lg"
      footer={
        <>
          <Button onClick={onClose}>{t('agentFiles.goOn')}</Button>
          {data && <Button onClick={() => onTakeNewest(data)}>{t('agentFiles.takeNewest')}</Button>}
          <Button
            kind="primary"
            disabled={pending || data === undefined}
            onClick={() => onKeepMine(data ? (data.hash ?? 'any') : 'none')}
          >
            {t('agentFiles.keepMine')}
          </Button>
        </>
      }
    >
      <ProblemNotice error={error} />
      {data === undefined && !error && <Skeleton className="h-32 rounded-lg" />}
      {data && <ComparedTexts label={t('agentFiles.difference')} before={data.text} after={mine} />}
    </Dialog>
  );
}
