import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog, Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';
import { isFolderPath, nameOf, nameProblem, parentOf, withoutSlash } from './paths.ts';
import { workspaceKey } from './queries.ts';

/** A new file or folder in a folder. */
export function NewEntryDialog({
  tenantId,
  folder,
  kind,
  onClose,
  onMade,
}: {
  tenantId: string;
  folder: string;
  kind: 'file' | 'folder';
  onClose: () => void;
  onMade: (path: string) => void;
}) {
  const { t } = useTranslation();
  const make = async (name: string) => {
    const params = { tenantId };
    if (kind === 'folder') await api.call('makeFolder', { params, body: { path: folder + name } });
    else await api.upload('writeFile', { params, query: { path: folder + name, expected: 'none' } }, new Blob([]));
    return `${folder}${name}${kind === 'folder' ? '/' : ''}`;
  };
  return (
    <NameDialog
      tenantId={tenantId}
      title={t(kind === 'folder' ? 'agentFiles.newFolder' : 'agentFiles.newFile')}
      initial=""
      confirm={t('agentFiles.create')}
      perform={make}
      onClose={onClose}
      onDone={onMade}
    />
  );
}

export function RenameDialog({
  tenantId,
  path,
  onClose,
  onRenamed,
}: {
  tenantId: string;
  path: string;
  onClose: () => void;
  onRenamed: (path: string) => void;
}) {
  const { t } = useTranslation();
  const rename = async (name: string) => {
    const to = parentOf(path) + name;
    await api.call('moveFile', { params: { tenantId }, body: { path: withoutSlash(path), to } });
    return isFolderPath(path) ? `${to}/` : to;
  };
  return (
    <NameDialog
      tenantId={tenantId}
      title={t('agentFiles.renameTitle', { name: nameOf(path) })}
      initial={nameOf(path)}
      confirm={t('agentFiles.rename')}
      perform={rename}
      onClose={onClose}
      onDone={onRenamed}
    />
  );
}

function NameDialog({
  tenantId,
  title,
  initial,
  confirm,
  perform,
  onClose,
  onDone,
}: {
  tenantId: string;
  title: string;
  initial: string;
  confirm: string;
  perform: (name: string) => Promise<string>;
  onClose: () => void;
  onDone: (path: string) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(initial);
  const [tried, setTried] = useState(false);
  const wanted = name.trim();
  const problem = nameProblem(wanted);
  const save = useMutation({
    mutationFn: () => perform(wanted),
    onSuccess: (path) => {
      onClose();
      onDone(path);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: [...workspaceKey(tenantId), 'folder'] }),
  });
  const submit = () => {
    setTried(true);
    if (problem !== null || save.isPending) return;
    if (wanted === initial) onClose();
    else save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      size="sm"
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {confirm}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <InputField
          label={t('agentFiles.name')}
          value={name}
          error={tried && problem ? t(`agentFiles.nameProblem.${problem}`) : undefined}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}

export function DeleteDialog({
  tenantId,
  path,
  onClose,
  onDeleted,
}: {
  tenantId: string;
  path: string;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('removeFile', { params: { tenantId }, query: { path: withoutSlash(path) } }),
    onSuccess: () => {
      onClose();
      onDeleted();
      showToast({ tone: 'good', title: t('agentFiles.deleted', { name: nameOf(path) }) });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: [...workspaceKey(tenantId), 'folder'] }),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('agentFiles.deleteTitle', { name: nameOf(path) })}
      confirm={t('agentFiles.delete')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>{t(isFolderPath(path) ? 'agentFiles.deleteFolder' : 'agentFiles.deleteFile')}</p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
