import { type LayerScope, type LayerSummary, layerScope } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { SearchField } from '../design/field.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Placeholder } from '../design/placeholder.tsx';
import { useSettled } from '../design/use-settled.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { LayerChip, useLayerTitle } from './layer-look.tsx';
import type { SoulView } from './soul-view.ts';

/** Rows that are shown before somebody asks for more: an organization may have thousands of people. */
const atOnce = 100;

export function LayerList({
  layers,
  view,
  onView,
}: {
  layers: readonly LayerSummary[];
  view: SoulView;
  onView: (parts: SoulView) => void;
}) {
  const { t } = useTranslation();
  const [search, setSearch] = useSettled(view.search ?? '', (text) => onView({ search: text || undefined }));
  const [shown, setShown] = useState(atOnce);
  const words = (view.search ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const found = layers.filter(({ ownerName }) => words.every((word) => ownerName.toLowerCase().includes(word)));
  const fitting = found.filter(({ scope }) => view.scope === undefined || scope === view.scope);
  const count = (scope: LayerScope) => found.filter((layer) => layer.scope === scope).length;
  return (
    <div className="grid gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <FilterButtons<LayerScope | 'all'>
          label={t('soul.filter')}
          value={view.scope ?? 'all'}
          onValue={(scope) => onView({ scope: scope === 'all' ? undefined : scope })}
          options={[
            { value: 'all', label: t('soul.allLayers'), count: found.length },
            ...layerScope.options.map((scope) => ({
              value: scope,
              label: t(`soul.scope.${scope}`),
              count: count(scope),
            })),
          ]}
        />
        <SearchField label={t('soul.search')} value={search} onValue={setSearch} className="w-full sm:w-72" />
      </div>
      {fitting.length === 0 ? (
        <Placeholder
          title={t('soul.noMatchTitle')}
          actions={<Button onClick={() => onView({ search: undefined, scope: undefined })}>{t('soul.showAll')}</Button>}
        >
          {t('soul.noMatch')}
        </Placeholder>
      ) : (
        <>
          <ul aria-label={t('soul.tabs.layers')} className="overflow-hidden rounded-lg border bg-surface">
            {fitting.slice(0, shown).map((layer) => (
              <LayerRow key={`${layer.scope}/${layer.ownerId}`} layer={layer} />
            ))}
          </ul>
          {fitting.length > shown && (
            <Button className="justify-self-center" onClick={() => setShown(shown + atOnce)}>
              {t('soul.showMore', { count: fitting.length - shown })}
            </Button>
          )}
        </>
      )}
    </div>
  );
}

function LayerRow({ layer }: { layer: LayerSummary }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const title = useLayerTitle();
  const { scope, ownerId, words, version, updatedAt, updatedBy, affected, openProposals } = layer;
  return (
    <li
      data-testid="layer-row"
      data-layer={`${scope}/${ownerId}`}
      className="relative grid items-center gap-x-5 gap-y-1.5 border-b px-4 py-3.5 transition-colors last:border-0 hover:bg-sunken sm:px-5 md:grid-cols-[minmax(0,1fr)_7.5rem_8rem_12rem]"
    >
      <div className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
        <LayerChip scope={scope} />
        <h2 className="min-w-0 break-words font-medium">
          {/* The whole row is the target of a pointer; the keyboard has this link. */}
          <Link
            to="/soul/$scope/$ownerId"
            params={{ scope, ownerId }}
            className="rounded-xs after:absolute after:inset-0 after:content-['']"
          >
            {title(layer)}
          </Link>
        </h2>
        {openProposals > 0 && (
          <span className="inline-flex h-6 items-center rounded-full bg-accent-soft px-2.5 font-medium text-accent-ink text-xs">
            {t('soul.openProposals', { count: openProposals })}
          </span>
        )}
      </div>
      <div className="tabular flex flex-wrap gap-x-4 gap-y-0.5 text-ink-soft text-sm md:contents">
        <span className={words === 0 ? 'text-ink-faint' : ''}>
          {words === 0 ? t('soul.empty') : t('soul.words', { count: words })}
        </span>
        <span>{t('soul.agents', { count: affected })}</span>
        <span className="text-ink-faint max-md:w-full">
          {updatedAt === null ? (
            t('soul.neverWritten')
          ) : (
            <>
              <time dateTime={updatedAt} title={format.full(Date.parse(updatedAt))}>
                {t('soul.versionWhen', { version, when: format.ago(Date.parse(updatedAt), now) })}
              </time>
              <span className="truncate text-xs max-md:ms-2 md:block">{updatedBy}</span>
            </>
          )}
        </span>
      </div>
    </li>
  );
}
