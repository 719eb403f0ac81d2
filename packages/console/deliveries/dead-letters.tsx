import type { DeadLetter } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCcw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Pages } from '../design/pages.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { useOriginName } from '../sessions/session-badges.tsx';
import { type Direction, deadLettersQuery, deliveriesKey, pageSize } from './queries.ts';

const directions = ['inbound', 'outbound', 'webhook'] as const satisfies readonly Direction[];

/** What could not be delivered however often it was tried; to be sent again or given up. */
export function DeadLetters({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [direction, setDirection] = useState<Direction | null>(null);
  const [page, setPage] = useState(1);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [discarding, setDiscarding] = useState(false);
  const { data, error } = useQuery(deadLettersQuery(direction, page));
  const letters = data?.letters ?? [];
  // What has gone meanwhile cannot be meant any more.
  const ids = letters.map(({ id }) => id).filter((id) => chosen.has(id));
  const none = () => setChosen(new Set());

  const act = useMutation({
    mutationFn: async ({ action, ids }: { action: 'replay' | 'discard'; ids: string[] }) =>
      action === 'replay'
        ? (await api.call('replayDeadLetters', { body: { ids } })).replayed
        : (await api.call('discardDeadLetters', { body: { ids } })).discarded,
    onSettled: () => queries.invalidateQueries({ queryKey: deliveriesKey }),
    onSuccess: (count, { action }) => {
      none();
      setDiscarding(false);
      showToast({
        tone: 'good',
        title: t(action === 'replay' ? 'deliveries.replayed' : 'deliveries.discarded', { count }),
      });
    },
  });
  const turnTo = (next: number) => {
    none();
    setPage(next);
  };

  return (
    <section aria-labelledby="dead" className="grid grid-cols-1 gap-3">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <div>
          <h2 id="dead" className="font-semibold">
            {t('deliveries.dead')}
          </h2>
          <p className="text-ink-soft text-sm">{t('deliveries.deadText')}</p>
        </div>
        <FilterButtons
          label={t('deliveries.direction')}
          value={direction ?? 'any'}
          onValue={(value) => {
            setDirection(value === 'any' ? null : value);
            turnTo(1);
          }}
          options={[
            { value: 'any' as const, label: t('deliveries.any') },
            ...directions.map((value) => ({ value, label: t(`deliveries.directions.${value}`) })),
          ]}
        />
      </div>
      <ProblemNotice error={error} />
      {!discarding && <ProblemNotice error={act.error} title={t('deliveries.notDone')} />}
      {!data ? (
        !error && <Skeleton className="h-40 rounded-lg" />
      ) : letters.length === 0 ? (
        <div className="rounded-lg border border-dashed">
          <Placeholder title={t('deliveries.noneTitle')}>{t('deliveries.none')}</Placeholder>
        </div>
      ) : (
        <>
          {mayChange && (
            <div className="flex min-h-9 flex-wrap items-center gap-3 text-sm">
              <label className="flex items-center gap-2.5">
                <input
                  type="checkbox"
                  className="size-4.5 accent-(--accent)"
                  checked={ids.length === letters.length}
                  onChange={(event) => setChosen(new Set(event.target.checked ? letters.map(({ id }) => id) : []))}
                />
                {t('deliveries.chooseAll')}
              </label>
              {ids.length > 0 && (
                <>
                  <span role="status" className="tabular text-ink-faint">
                    {t('deliveries.chosen', { count: ids.length })}
                  </span>
                  <Button size="sm" disabled={act.isPending} onClick={() => act.mutate({ action: 'replay', ids })}>
                    <RotateCcw aria-hidden="true" />
                    {t('deliveries.replay')}
                  </Button>
                  <Button
                    size="sm"
                    disabled={act.isPending}
                    onClick={() => {
                      act.reset();
                      setDiscarding(true);
                    }}
                  >
                    <Trash2 aria-hidden="true" />
                    {t('deliveries.discard')}
                  </Button>
                </>
              )}
            </div>
          )}
          <ul className="overflow-hidden rounded-lg border bg-surface">
            {letters.map((letter) => (
              <Letter
                key={letter.id}
                letter={letter}
                chosen={chosen.has(letter.id)}
                onChosen={
                  mayChange
                    ? (isChosen) =>
                        setChosen((before) => {
                          const next = new Set(before);
                          if (isChosen) next.add(letter.id);
                          else next.delete(letter.id);
                          return next;
                        })
                    : null
                }
              />
            ))}
          </ul>
          <Pages page={page} pageSize={pageSize} total={data.total} onPage={turnTo} />
        </>
      )}
      {data && letters.length === 0 && page > 1 && (
        <Button className="justify-self-center" onClick={() => turnTo(1)}>
          {t('deliveries.firstPage')}
        </Button>
      )}
      <ConfirmDialog
        open={discarding}
        onClose={() => setDiscarding(false)}
        title={t('deliveries.discardTitle', { count: ids.length })}
        confirm={t('deliveries.discard')}
        danger
        pending={act.isPending}
        disabled={ids.length === 0}
        onConfirm={() => act.mutate({ action: 'discard', ids })}
      >
        <p>{t('deliveries.discardText')}</p>
        <ProblemNotice error={act.error} />
      </ConfirmDialog>
    </section>
  );
}

function Letter({
  letter,
  chosen,
  onChosen,
}: {
  letter: DeadLetter;
  chosen: boolean;
  /** Null: nothing can be done with it by this person. */
  onChosen: ((chosen: boolean) => void) | null;
}) {
  const { t } = useTranslation();
  const originName = useOriginName();
  const format = useFormat();
  const now = useNow(30_000);
  const failed = Date.parse(letter.failedAt);
  return (
    <li data-testid="dead-letter" className="flex gap-3 border-b px-4 py-3 text-sm last:border-0">
      {onChosen && (
        <input
          type="checkbox"
          aria-label={t('deliveries.choose', { party: letter.party })}
          className="mt-0.5 size-4.5 shrink-0 accent-(--accent)"
          checked={chosen}
          onChange={(event) => onChosen(event.target.checked)}
        />
      )}
      <div className="grid grid-cols-1 min-w-0 flex-1 gap-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{letter.party}</span>
          <span className="text-ink-faint text-xs">
            {t(`deliveries.directions.${letter.direction}`)}
            {letter.origin && ` · ${originName(letter.origin)}`}
          </span>
          <time
            dateTime={letter.failedAt}
            title={format.full(failed)}
            className="ms-auto shrink-0 text-ink-faint text-xs"
          >
            {format.ago(failed, now)}
          </time>
        </p>
        {letter.preview && <p className="line-clamp-2 break-words text-ink-soft">{letter.preview}</p>}
        <p className="break-words text-bad-ink">
          {letter.error}{' '}
          <span className="text-ink-faint text-xs">{t('deliveries.attempts', { count: letter.attempts })}</span>
        </p>
      </div>
    </li>
  );
}
