import type { Layer, LayerPreview as Preview } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Markdown } from '../chat/markdown.tsx';
import { classNames } from '../design/class-names.ts';
import { SearchField, Select } from '../design/field.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { Meter } from '../design/progress.tsx';
import { TabPanel, Tabs } from '../design/tabs.tsx';
import { useSettled } from '../design/use-settled.ts';
import { useFormat } from '../format/use-format.ts';
import { pagesOf } from '../session/access.ts';
import { LayerChip, layerLooks } from './layer-look.tsx';
import { LayerWarnings } from './layer-warnings.tsx';
import { sectionsOf } from './merged-sections.ts';
import { layerPeopleQuery, previewQuery } from './queries.ts';
import { isTooLong } from './text-size.ts';
import { useQuiet } from './use-quiet.ts';

/** The files an agent would read with this text in place of the layer's, renewed shortly after the last keystroke. */
export function LayerPreview({ layer, text }: { layer: Layer; text: string }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const [chosen, setChosen] = useState<string | null>(null);
  const [raw, setRaw] = useState(false);
  const [file, setFile] = useState('SOUL.md');
  const quiet = useQuiet(text, 400);
  const mayChoose = layer.scope !== 'personal' && pagesOf(me).includes('soul');
  const positionId = layer.scope === 'position' ? layer.ownerId : null;
  // Without an agent of one's own, the global layer is looked at in somebody's.
  const { data: people } = useQuery({ ...layerPeopleQuery(positionId, ''), enabled: mayChoose });
  const anybody = layer.scope === 'global' && me.employee === null ? (people?.employees[0]?.id ?? null) : null;
  const { data, error, isPlaceholderData, isFetching } = useQuery(
    previewQuery(
      isTooLong(quiet)
        ? null
        : {
            scope: layer.scope,
            content: quiet,
            positionId,
            employeeId: layer.scope === 'personal' ? layer.ownerId : (chosen ?? anybody),
          },
    ),
  );
  return (
    <section
      aria-label={t('soul.preview.title')}
      aria-busy={isFetching || quiet !== text}
      data-testid="layer-preview"
      className="flex min-h-0 min-w-0 flex-col gap-3"
    >
      <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-2">
        <h2 className="me-auto font-medium text-sm">
          {data ? t('soul.preview.of', { owner: data.agent.owner }) : t('soul.preview.title')}
        </h2>
        {mayChoose && (
          <Whose positionId={positionId} value={chosen ?? anybody} onValue={setChosen} hasOwn={me.employee !== null} />
        )}
        <Switch label={t('soul.preview.source')} checked={raw} onChecked={setRaw} />
      </div>
      {error && !isPlaceholderData ? (
        <ProblemNotice error={error} title={t('soul.preview.failed')} />
      ) : data ? (
        <Files preview={data} file={file} onFile={setFile} raw={raw} />
      ) : (
        <Skeleton className="h-80 w-full rounded-lg" />
      )}
    </section>
  );
}

/** Whose agent's files are looked at. */
function Whose({
  positionId,
  value,
  onValue,
  hasOwn,
}: {
  positionId: string | null;
  value: string | null;
  onValue: (employeeId: string | null) => void;
  hasOwn: boolean;
}) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState('');
  const [search, setSearch] = useSettled(asked, setAsked);
  const { data } = useQuery(layerPeopleQuery(positionId, asked));
  if (!data || (data.employees.length === 0 && asked === '')) return null;
  const many = data.total > data.employees.length || asked !== '';
  return (
    <>
      {many && <SearchField label={t('soul.preview.findPerson')} value={search} onValue={setSearch} className="w-44" />}
      <Select
        label={t('soul.preview.whose')}
        value={value ?? ''}
        onChange={(event) => onValue(event.target.value || null)}
        className="h-9 max-w-52 text-sm"
      >
        {positionId !== null && <option value="">{t('soul.preview.anybody')}</option>}
        {positionId === null && hasOwn && <option value="">{t('soul.preview.mine')}</option>}
        {data.employees.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
    </>
  );
}

function Files({
  preview,
  file,
  onFile,
  raw,
}: {
  preview: Preview;
  file: string;
  onFile: (path: string) => void;
  raw: boolean;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const current = preview.files.find(({ path }) => path === file) ?? preview.files[0];
  if (!current) return null;
  return (
    <div className="min-h-0 flex-1 xl:overflow-y-auto">
      <LayerWarnings warnings={preview.warnings} />
      <Tabs
        label={t('soul.preview.files')}
        value={current.path}
        onValue={onFile}
        tabs={preview.files.map(({ path }) => ({ value: path, label: path }))}
      >
        <TabPanel value={current.path}>
          <div className="grid gap-3">
            <div className="grid gap-1.5 text-ink-faint text-xs">
              <p className="tabular">
                {current.limit === null
                  ? t('soul.preview.unlimited', { used: current.characters.toLocaleString(locale) })
                  : t('soul.characters', {
                      used: current.characters.toLocaleString(locale),
                      limit: current.limit.toLocaleString(locale),
                    })}
              </p>
              {current.limit !== null && <Meter used={current.characters} total={current.limit} />}
            </div>
            {sectionsOf(current.path, current.content).map((section, index) => (
              <Section
                // biome-ignore lint/suspicious/noArrayIndexKey: the sections of one file are always in the same order
                key={index}
                layer={section.layer}
              >
                {raw ? (
                  <pre className="whitespace-pre-wrap break-words font-mono text-xs leading-5">{section.text}</pre>
                ) : (
                  <div className="prose text-sm">
                    <Markdown text={section.text} />
                  </div>
                )}
              </Section>
            ))}
          </div>
        </TabPanel>
      </Tabs>
    </div>
  );
}

/** Text of one layer, marked as such; Clawpool's own has no mark. */
function Section({ layer, children }: { layer: Layer['scope'] | null; children: ReactNode }) {
  const { t } = useTranslation();
  if (layer === null) return <div className="rounded-lg border bg-surface px-4 py-3">{children}</div>;
  return (
    <section
      aria-label={t(`soul.scope.${layer}`)}
      data-layer={layer}
      className={classNames('rounded-lg rounded-s-none border border-s-4 bg-surface px-4 py-3', layerLooks[layer].line)}
    >
      <LayerChip scope={layer} className="float-end ms-3 mb-1" />
      {children}
    </section>
  );
}
