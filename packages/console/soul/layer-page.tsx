import { type Layer, type LayerProposal, layerScope } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { ArrowLeft, History } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button, buttonStyle } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { mayTakeOver, pagesOf } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { NotFoundPage } from '../shell/problem-pages.tsx';
import { PageBar } from '../shell/shell.tsx';
import { LayerEditor } from './layer-editor.tsx';
import { LayerHistory } from './layer-history.tsx';
import { LayerChip, useLayerTitle } from './layer-look.tsx';
import { DraftEditor } from './proposals/draft-editor.tsx';
import { type LayerName, layerQuery, proposalsQuery } from './queries.ts';
import { lastView } from './soul-view.ts';

const routeApi = getRouteApi('/signed-in/house/soul/$scope/$ownerId');

/** One layer: its text, what the agents make of it, and how it came about. With `?proposal=` a draft of a change of it. */
export function LayerPage() {
  const params = routeApi.useParams();
  const { proposal } = routeApi.useSearch();
  const scope = layerScope.options.find((option) => option === params.scope);
  if (!scope) return <NotFoundPage />;
  const name = { scope, ownerId: params.ownerId };
  return <OneLayer key={`${scope}/${params.ownerId}/${proposal ?? ''}`} name={name} proposalId={proposal} />;
}

function OneLayer({ name, proposalId }: { name: LayerName; proposalId: string | undefined }) {
  const { t } = useTranslation();
  const layer = useQuery(layerQuery(name));
  const proposals = useQuery({ ...proposalsQuery(name), enabled: proposalId !== undefined });
  const draft = proposals.data?.find(({ id }) => id === proposalId);
  const error = layer.error ?? proposals.error;
  usePageTitle(layer.data?.ownerName ?? t('soul.title'));
  if (layer.data && (proposalId === undefined || draft)) {
    return <Known layer={layer.data} draft={draft} />;
  }
  if (!error && !(layer.data && proposals.data)) return <Loading />;
  return (
    <>
      <PageBar>
        <BackToAll />
      </PageBar>
      <div className="flex-1 overflow-y-auto">
        <Placeholder
          heading="h1"
          title={t(error ? 'soul.oneFailed' : 'soul.noProposal')}
          actions={error && <Button onClick={() => void layer.refetch()}>{t('common.tryAgain')}</Button>}
        >
          <ProblemNotice error={error} />
        </Placeholder>
      </div>
    </>
  );
}

function Known({ layer, draft }: { layer: Layer; draft: LayerProposal | undefined }) {
  const { t } = useTranslation();
  const [history, setHistory] = useState(false);
  const [dirty, setDirty] = useState(false);
  const { data: me } = useSuspenseQuery(meQuery);
  const mayPropose = layer.needsReview && mayTakeOver(me);
  const rollBack =
    draft || !(layer.mayEdit || mayPropose) ? 'no' : dirty ? 'not_now' : layer.mayEdit ? 'yes' : 'propose';
  return (
    <>
      <PageBar>
        <BackToAll />
        <div className="min-w-0 flex-1 leading-tight">
          <Heading layer={layer} />
        </div>
        {layer.version > 0 && (
          <Button
            onClick={() => setHistory(true)}
            aria-label={t('soul.history.open')}
            className="max-sm:size-10 max-sm:px-0"
          >
            <History aria-hidden="true" />
            <span className="max-sm:sr-only">{t('soul.history.open')}</span>
          </Button>
        )}
      </PageBar>
      {draft ? <DraftEditor layer={layer} proposal={draft} /> : <LayerEditor layer={layer} onDirty={setDirty} />}
      {history && <LayerHistory layer={layer} rollBack={rollBack} onClose={() => setHistory(false)} />}
    </>
  );
}

function Heading({ layer }: { layer: Layer }): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const title = useLayerTitle();
  const { version, updatedAt, updatedBy, scope } = layer;
  return (
    <>
      <h1 className="flex min-w-0 items-center gap-2.5 font-semibold">
        <span className="truncate" title={title(layer)}>
          {title(layer)}
        </span>
        <LayerChip scope={scope} className="max-sm:hidden" />
      </h1>
      <p data-testid="layer-version" data-version={version} className="truncate text-ink-faint text-xs leading-5">
        {updatedAt === null
          ? t('soul.neverWritten')
          : t(updatedBy === '' ? 'soul.versionWhen' : 'soul.versionBy', {
              ...{ version, name: updatedBy },
              when: format.ago(Date.parse(updatedAt), now),
            })}
      </p>
    </>
  );
}

function BackToAll() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  if (!pagesOf(me).includes('soul')) {
    // Whoever came here for their own text came from their profile.
    return (
      <Link
        to="/profile"
        aria-label={t('soul.backToProfile')}
        title={t('soul.backToProfile')}
        className={classNames(buttonStyle({ kind: 'ghost', size: 'icon' }), 'shrink-0')}
      >
        <ArrowLeft aria-hidden="true" />
      </Link>
    );
  }
  return (
    <Link
      to="/soul"
      search={lastView()}
      aria-label={t('soul.back')}
      title={t('soul.back')}
      className={classNames(buttonStyle({ kind: 'ghost', size: 'icon' }), 'shrink-0')}
    >
      <ArrowLeft aria-hidden="true" />
    </Link>
  );
}

function Loading() {
  const { t } = useTranslation();
  return (
    <>
      <PageBar>
        <BackToAll />
        <Skeleton className="h-5 w-48" />
        <div className="flex-1" />
      </PageBar>
      <div className="grid gap-4 p-4 sm:p-5 lg:p-6 xl:grid-cols-2">
        <p role="status" className="sr-only">
          {t('soul.loadingOne')}
        </p>
        <Skeleton className="h-96 w-full rounded-lg" />
        <Skeleton className="h-96 w-full rounded-lg" />
      </div>
    </>
  );
}
