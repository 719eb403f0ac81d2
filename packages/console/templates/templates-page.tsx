import type { ConfigTemplate } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { templatesQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { mayChangePool } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { DeleteTemplateDialog } from './delete-template-dialog.tsx';
import { type EditedTemplate, TemplateEditor } from './template-editor.tsx';
import { TemplateRow } from './template-row.tsx';
import { TemplateVersions } from './template-versions.tsx';

/** What lies over the list. */
type Overlay =
  | { kind: 'editor'; edited: EditedTemplate }
  | { kind: 'versions'; name: string }
  | { kind: 'delete'; template: ConfigTemplate };

export function TemplatesPage() {
  const { t } = useTranslation();
  usePageTitle(t('templates.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = mayChangePool(me);
  const { data: templates, error, refetch } = useQuery(templatesQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const edit = (edited: EditedTemplate) => setOverlay({ kind: 'editor', edited });
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('templates.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('templates.lead')}</p>
        </div>
        {mayChange && (
          <Button kind="primary" className="max-sm:size-10 max-sm:px-0" onClick={() => edit({ kind: 'new' })}>
            <Plus aria-hidden="true" />
            <span className="max-sm:sr-only">{t('templates.new')}</span>
          </Button>
        )}
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-300 px-4 py-5 sm:px-5 lg:px-6">
          {templates ? (
            <ul aria-label={t('templates.title')} className="overflow-hidden rounded-lg border bg-surface">
              {templates.map((template) => (
                <TemplateRow
                  key={template.name}
                  template={template}
                  mayChange={mayChange}
                  onEdit={() => edit({ kind: 'existing', template })}
                  onDuplicate={() => edit({ kind: 'new', content: template.content, likeName: template.name })}
                  onVersions={() => setOverlay({ kind: 'versions', name: template.name })}
                  onDelete={() => setOverlay({ kind: 'delete', template })}
                />
              ))}
            </ul>
          ) : error ? (
            <Placeholder
              title={t('templates.failedTitle')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          ) : (
            <Loading />
          )}
        </div>
      </div>
      {overlay?.kind === 'editor' && (
        <TemplateEditor
          edited={overlay.edited}
          names={templates?.map(({ name }) => name) ?? []}
          readOnly={!mayChange || (overlay.edited.kind === 'existing' && overlay.edited.template.readOnly)}
          onDuplicate={
            mayChange
              ? (template) => edit({ kind: 'new', content: template.content, likeName: template.name })
              : undefined
          }
          onClose={close}
          // Another template is another form.
          key={overlay.edited.kind === 'existing' ? overlay.edited.template.name : 'new'}
        />
      )}
      {overlay?.kind === 'versions' && <TemplateVersions name={overlay.name} mayChange={mayChange} onClose={close} />}
      {overlay?.kind === 'delete' && <DeleteTemplateDialog template={overlay.template} onClose={close} />}
    </>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <div className="overflow-hidden rounded-lg border">
      <p role="status" className="sr-only">
        {t('templates.loading')}
      </p>
      {['a', 'b', 'c', 'd'].map((row) => (
        <div key={row} className="flex items-center gap-6 border-b px-5 py-5 last:border-0">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="ms-auto hidden h-4 w-24 sm:block" />
          <Skeleton className="h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
