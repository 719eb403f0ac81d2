import { useMutation, useQueryClient } from '@tanstack/react-query';
import { FileUp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { useFileDrop } from '../../chat/use-file-drop.ts';
import { Button } from '../../design/button.tsx';
import { classNames } from '../../design/class-names.ts';
import { Dialog } from '../../design/dialog.tsx';
import { Notice } from '../../design/notice.tsx';
import { Skeleton } from '../../design/placeholder.tsx';
import { organizationChanged } from '../queries.ts';
import { ImportPreviewTable } from './import-preview.tsx';
import { Imported } from './imported.tsx';
import { mostCharacters, textOfFile } from './people-file.ts';

interface ChosenFile {
  fileName: string;
  csv: string;
}

/** Takes in a file of people: chosen or dropped, looked at line by line, and only then applied. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const preview = useMutation({
    mutationFn: async (file: File): Promise<{ file: ChosenFile; found: Awaited<ReturnType<typeof ask>> } | Refused> => {
      const csv = textOfFile(new Uint8Array(await file.arrayBuffer()));
      if (csv === null || csv.trim() === '') return { refused: 'noText', fileName: file.name };
      if (csv.length > mostCharacters) return { refused: 'tooLong', fileName: file.name };
      const chosen = { fileName: file.name.slice(0, 200), csv };
      return { file: chosen, found: await ask(chosen) };
    },
  });
  const apply = useMutation({
    mutationFn: (file: ChosenFile) => api.call('importEmployees', { body: file }),
    onSettled: () => queries.invalidateQueries(organizationChanged),
  });
  const choose = (files: readonly File[]) => {
    const [file] = files;
    if (!file || preview.isPending || apply.isPending) return;
    apply.reset();
    preview.mutate(file);
  };
  const over = useFileDrop(apply.data ? null : choose);
  if (apply.data) return <Imported result={apply.data} onClose={onClose} />;

  const refused = preview.data && 'refused' in preview.data ? preview.data : undefined;
  const ready = preview.data && 'found' in preview.data ? preview.data : undefined;
  const changes = ready ? ready.found.created + ready.found.changed : 0;
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={t('imports.start')}
      description={ready ? ready.file.fileName : t('imports.text')}
      footer={
        <>
          {ready && <FileButton label={t('imports.another')} onFile={choose} />}
          <Button onClick={onClose} className="ms-auto">
            {t('common.cancel')}
          </Button>
          {ready && (
            <Button
              kind="primary"
              disabled={changes === 0 || ready.found.refused > 0 || apply.isPending}
              onClick={() => apply.mutate(ready.file)}
            >
              {apply.isPending ? t('imports.applying') : t('imports.apply', { count: changes })}
            </Button>
          )}
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <ProblemNotice error={apply.error} title={t('imports.notApplied')} />
        {ready ? (
          <ImportPreviewTable preview={ready.found} />
        ) : preview.isPending ? (
          <>
            <p role="status" className="text-ink-soft">
              {t('imports.looking')}
            </p>
            <Skeleton className="h-40 rounded-lg" />
          </>
        ) : (
          <>
            <div
              className={classNames(
                'grid place-items-center gap-3 rounded-lg border-2 border-dashed px-6 py-10 text-center transition-colors',
                over ? 'border-accent bg-accent-soft' : 'border-control',
              )}
            >
              <FileUp className="size-6 text-ink-faint" aria-hidden="true" />
              <p className="text-ink-soft">{t('imports.drop')}</p>
              <FileButton label={t('imports.choose')} onFile={choose} />
            </div>
            <Columns />
          </>
        )}
        {refused && (
          <Notice tone="bad" role="alert" title={t(`imports.${refused.refused}`, { name: refused.fileName })}>
            {t(`imports.${refused.refused}Next`)}
          </Notice>
        )}
        <ProblemNotice error={preview.error} title={t('imports.notRead')} />
      </div>
    </Dialog>
  );
}

interface Refused {
  refused: 'noText' | 'tooLong';
  fileName: string;
}

const ask = (body: ChosenFile) => api.call('previewImport', { body });

function FileButton({ label, onFile }: { label: string; onFile: (files: readonly File[]) => void }) {
  return (
    <label className="inline-flex h-10 cursor-pointer items-center rounded-md border border-line-strong bg-surface px-4 font-medium text-base hover:bg-hover has-focus-visible:outline-2 has-focus-visible:outline-focus has-focus-visible:outline-offset-2">
      {label}
      <input
        type="file"
        accept=".csv,text/csv,text/plain"
        className="sr-only"
        onChange={(event) => {
          onFile([...(event.target.files ?? [])]);
          // The same file again, changed meanwhile, is a choice too.
          event.target.value = '';
        }}
      />
    </label>
  );
}

/** What the file has to look like. */
function Columns() {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="import-columns">
      <h3 id="import-columns" className="mb-1.5 font-medium text-sm">
        {t('imports.columns')}
      </h3>
      <p className="mb-2 text-ink-soft text-sm">{t('imports.columnsText')}</p>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        tabIndex={0}
        className="overflow-x-auto rounded-md border bg-sunken p-3 font-mono text-xs leading-5"
      >
        {t('imports.example')}
      </pre>
    </section>
  );
}
