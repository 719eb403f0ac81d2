import type { WorkspaceEntry } from '@clawpool/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Brain, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { FileContent } from '../files/file-content.tsx';
import { FileEditor } from '../files/file-editor.tsx';
import { DeleteDialog } from '../files/name-dialogs.tsx';
import { PromptLimit } from '../files/prompt-limit.tsx';
import { fileQuery, folderQuery } from '../files/queries.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { NewNote } from './new-note.tsx';
import { memoryRoomQuery } from './queries.ts';
import { Section } from './section.tsx';

interface Note {
  path: string;
  entry: WorkspaceEntry;
}

/** MEMORY.md and the notes in memory/: read, corrected, forgotten. */
export function Memory({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const root = useInfiniteQuery(folderQuery(tenantId, ''));
  const top = root.data?.pages.flatMap(({ entries }) => entries) ?? [];
  const hasNotes = top.some(({ name, kind }) => name === 'memory' && kind === 'folder');
  const folder = useInfiniteQuery({ ...folderQuery(tenantId, 'memory'), enabled: hasNotes });
  const [shown, setShown] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<string | null>(null);
  const [writing, setWriting] = useState(false);
  const mayEdit = root.data?.pages[0]?.mayEdit ?? false;
  const notes: Note[] = [
    ...top
      .filter(({ name, kind }) => name === 'MEMORY.md' && kind === 'file')
      .map((entry) => ({ path: entry.name, entry })),
    ...(hasNotes ? (folder.data?.pages.flatMap(({ entries }) => entries) ?? []) : [])
      .filter(({ name, kind }) => kind === 'file' && name.endsWith('.md'))
      .map((entry) => ({ path: `memory/${entry.name}`, entry }))
      // Named by day: the newest first.
      .reverse(),
  ];
  const lasting = notes.find(({ path }) => path === 'MEMORY.md')?.entry.modifiedAt;
  const { data: room } = useQuery({
    ...memoryRoomQuery(tenantId, lasting ?? null),
    enabled: lasting !== undefined,
  });
  const bytes = notes.reduce((sum, { entry }) => sum + entry.bytes, 0);
  const format = useFormat();
  const loading = root.isPending || (hasNotes && folder.isPending);
  return (
    <Section
      title={t('profile.memory')}
      lead={
        notes.length > 0
          ? t('profile.memoryTotal', { count: notes.length, size: format.bytes(bytes) })
          : t('profile.memoryLead')
      }
      actions={
        mayEdit && (
          <Button size="sm" onClick={() => setWriting(true)}>
            <Plus aria-hidden="true" />
            {t('profile.newNote')}
          </Button>
        )
      }
    >
      <ProblemNotice error={root.error ?? folder.error} title={t('profile.memoryFailed')} />
      {loading && !root.error && <Skeleton className="h-24 rounded-lg" />}
      {!loading && !root.error && notes.length === 0 && (
        <p className="flex items-center gap-2 text-ink-soft text-sm">
          <Brain className="size-4 text-ink-faint" aria-hidden="true" />
          {t('profile.nothingRemembered')}
        </p>
      )}
      {notes.length > 0 && (
        <ul aria-label={t('profile.memory')} className="divide-y rounded-lg border">
          {notes.map((note) => (
            <NoteRow
              key={note.path}
              note={note}
              mayEdit={mayEdit}
              onShow={() => setShown(note.path)}
              onDelete={() => setDeleting(note.path)}
            />
          ))}
        </ul>
      )}
      {room && lasting !== undefined && (
        <div className="mt-3">
          <PromptLimit {...room} />
        </div>
      )}
      {folder.hasNextPage && (
        <Button size="sm" className="mt-3" onClick={() => void folder.fetchNextPage()}>
          {t('profile.moreNotes')}
        </Button>
      )}
      {writing && <NewNote tenantId={tenantId} onClose={() => setWriting(false)} />}
      {shown !== null && <NoteDialog tenantId={tenantId} path={shown} onClose={() => setShown(null)} />}
      {deleting !== null && (
        <DeleteDialog tenantId={tenantId} path={deleting} onClose={() => setDeleting(null)} onDeleted={() => {}} />
      )}
    </Section>
  );
}

function NoteRow({
  note: { path, entry },
  mayEdit,
  onShow,
  onDelete,
}: {
  note: Note;
  mayEdit: boolean;
  onShow: () => void;
  onDelete: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const at = entry.modifiedAt === null ? null : Date.parse(entry.modifiedAt);
  return (
    <li data-testid="note" data-path={path} className="flex items-center gap-3 ps-3 pe-1 text-sm">
      <button
        type="button"
        onClick={onShow}
        className="min-w-0 flex-1 truncate rounded-sm py-2.5 text-start hover:underline"
      >
        {path}
      </button>
      <span className="tabular text-ink-faint">{format.bytes(entry.bytes)}</span>
      {at !== null && (
        <time dateTime={entry.modifiedAt ?? ''} title={format.full(at)} className="text-ink-faint max-sm:hidden">
          {format.ago(at, now)}
        </time>
      )}
      {mayEdit ? (
        <Button kind="ghost" size="icon-sm" aria-label={t('profile.forget', { name: path })} onClick={onDelete}>
          <Trash2 aria-hidden="true" />
        </Button>
      ) : (
        <span className="w-2" />
      )}
    </li>
  );
}

function NoteDialog({ tenantId, path, onClose }: { tenantId: string; path: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data: file, error } = useQuery(fileQuery(tenantId, path));
  const [editing, setEditing] = useState(false);
  return (
    <Dialog
      open
      onClose={onClose}
      title={path}
      size="lg"
      footer={
        !editing && (
          <>
            <Button onClick={onClose}>{t('common.close')}</Button>
            {file?.mayEdit && file.kind === 'text' && (
              <Button kind="primary" onClick={() => setEditing(true)}>
                <Pencil aria-hidden="true" />
                {t('agentFiles.edit')}
              </Button>
            )}
          </>
        )
      }
    >
      <ProblemNotice error={error} />
      {!file && !error && <Skeleton className="h-40 rounded-lg" />}
      {file &&
        (editing ? (
          <FileEditor tenantId={tenantId} file={file} onClose={() => setEditing(false)} />
        ) : (
          <FileContent tenantId={tenantId} file={file} rendered />
        ))}
    </Dialog>
  );
}
