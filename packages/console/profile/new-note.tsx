import { ClientError } from '@clawpool/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField, TextAreaField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { showToast } from '../design/toast.tsx';
import { workspaceKey } from '../files/queries.ts';

/** A person tells their agent something to remember: added to what is there already. */
export function NewNote({ tenantId, onClose }: { tenantId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const today = `memory/${dayOf(new Date())}.md`;
  const [path, setPath] = useState('MEMORY.md');
  const [text, setText] = useState('');
  const save = useMutation({
    mutationFn: async () => {
      const params = { tenantId };
      const before = await api.call('openFile', { params, query: { path } }).catch((error: unknown) => {
        if (error instanceof ClientError && error.code === 'not_found') return null;
        throw error;
      });
      if (before && before.text === null) throw new NoTextError();
      const kept = before?.text ? `${before.text.trimEnd()}\n` : '';
      const query = { path, expected: before ? (before.hash ?? 'none') : 'none' };
      await api.upload('writeFile', { params, query }, new Blob([`${kept}${text.trim()}\n`]));
    },
    onSuccess: () => {
      showToast({ tone: 'good', title: t('profile.noteSaved') });
      onClose();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: workspaceKey(tenantId) }),
  });
  const maySave = text.trim() !== '' && !save.isPending;
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('profile.newNote')}
      onSubmit={() => {
        if (maySave) save.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={!maySave}>
            {t('profile.saveNote')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <SelectField label={t('profile.noteWhere')} value={path} onChange={(event) => setPath(event.target.value)}>
          <option value="MEMORY.md">{t('profile.noteAlways')}</option>
          <option value={today}>{t('profile.noteToday', { path: today })}</option>
        </SelectField>
        <TextAreaField
          label={t('profile.noteText')}
          value={text}
          maxLength={4_000}
          onChange={(event) => setText(event.target.value)}
          className="[&_textarea]:min-h-32 [&_textarea]:font-mono [&_textarea]:text-sm"
        />
        {save.error instanceof NoTextError ? (
          <Notice tone="bad" role="alert" title={t('profile.noteIsNoText', { path })} />
        ) : (
          <ProblemNotice error={save.error} />
        )}
      </div>
    </Dialog>
  );
}

/** What is there cannot be added to: it would be replaced. */
class NoTextError extends Error {}

/** By the person's own clock, as notes are named. */
const dayOf = (at: Date): string =>
  [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
