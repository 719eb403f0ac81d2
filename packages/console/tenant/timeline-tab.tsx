import type { Operation } from '@clawpool/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { AuditRow } from '../audit/audit-row.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { startOfDay } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { actionIcons } from '../tenants/action-icons.ts';
import { tenantOperationsQuery, tenantTimelineQuery } from './queries.ts';
import { secondsOf, type TimelineFilter, timelineOf } from './timeline.ts';

export function TimelineTab({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(10_000);
  const [filter, setFilter] = useState<TimelineFilter>('everything');
  const operations = useQuery(tenantOperationsQuery(tenantId));
  const events = useInfiniteQuery(tenantTimelineQuery(tenantId));
  const known = events.data?.pages.flatMap((page) => page.events);
  const entries = timelineOf(operations.data ?? [], known ?? [], !events.hasNextPage, filter);
  const days = Map.groupBy(entries, ({ at }) => startOfDay(at));
  return (
    <div className="grid gap-4">
      <FilterButtons
        label={t('timeline.show')}
        value={filter}
        onValue={setFilter}
        options={[
          { value: 'everything', label: t('timeline.everything') },
          { value: 'operations', label: t('timeline.operations') },
          { value: 'events', label: t('timeline.events') },
        ]}
      />
      <ProblemNotice error={operations.error ?? events.error} title={t('timeline.failed')} />
      {!known && !events.error && <Skeleton className="h-64 w-full rounded-lg" />}
      {known && operations.data && entries.length === 0 && (
        <Placeholder title={t('timeline.emptyTitle')}>{t('timeline.empty')}</Placeholder>
      )}
      {entries.length > 0 && (
        <section aria-label={t('tenant.tabs.timeline')} className="overflow-hidden rounded-lg border bg-surface">
          {[...days].map(([day, members]) => (
            <section key={day} className="border-b last:border-0">
              <h2 className="border-b bg-sunken px-4 py-2 font-medium text-ink-soft text-xs">{format.day(day, now)}</h2>
              <ul>
                {members.map((entry) =>
                  entry.type === 'event' ? (
                    <AuditRow key={entry.event.id} event={entry.event} />
                  ) : (
                    <OperationRow key={entry.operation.id} operation={entry.operation} now={now} />
                  ),
                )}
              </ul>
            </section>
          ))}
        </section>
      )}
      {events.hasNextPage && filter !== 'operations' && (
        <div className="grid justify-items-center">
          <Button disabled={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
            {events.isFetchingNextPage ? t('audit.loadingMore') : t('audit.more')}
          </Button>
        </div>
      )}
    </div>
  );
}

const stateStyles = {
  queued: 'text-info-ink bg-info-soft',
  running: 'text-info-ink bg-info-soft',
  succeeded: 'text-good-ink bg-good-soft',
  failed: 'text-bad-ink bg-bad-soft',
  cancelled: 'text-ink-soft bg-hover',
} as const;

/** One line, like an audit event's; what is known beyond it opens below. */
function OperationRow({ operation, now }: { operation: Operation; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [open, setOpen] = useState(operation.state === 'failed');
  const Icon = actionIcons[operation.kind];
  const at = Date.parse(operation.createdAt);
  const seconds = secondsOf(operation, now);
  return (
    <li
      data-testid="operation-row"
      data-kind={operation.kind}
      data-state={operation.state}
      className="border-b last:border-0"
    >
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-outline-offset-2 grid w-full grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-0.5 px-3 py-2.5 text-start text-sm transition-colors hover:bg-sunken md:grid-cols-[auto_5.5rem_minmax(0,1.1fr)_minmax(0,1.2fr)_minmax(0,1.3fr)_6rem]"
      >
        <ChevronRight
          className={classNames('size-4 text-ink-faint transition-transform', open && 'rotate-90')}
          aria-hidden="true"
        />
        <time
          dateTime={operation.createdAt}
          title={format.full(at)}
          className="tabular order-5 col-start-2 text-ink-faint text-xs md:order-none md:col-start-auto md:text-sm"
        >
          {format.exactTime(at)}
        </time>
        <span className="flex min-w-0 items-center gap-2">
          <Icon className="size-4 shrink-0 text-accent-ink" aria-hidden="true" />
          <span className="truncate font-medium">{t(`operations.action.${operation.kind}`)}</span>
        </span>
        <span className="order-4 col-start-2 truncate text-ink-soft md:order-none md:col-start-auto">
          {requesterOf(operation.requestedBy)}
        </span>
        <span className="tabular order-4 col-start-2 truncate text-ink-soft md:order-none md:col-start-auto">
          {operation.finishedAt === null
            ? t(`operations.phase.${operation.phase}`)
            : seconds !== null && t('timeline.took', { time: format.duration(Math.round(seconds * 10) / 10) })}
        </span>
        <span
          className={classNames(
            'inline-flex h-6 items-center justify-self-end rounded-full px-2.5 font-medium text-xs',
            stateStyles[operation.state],
          )}
        >
          {t(`operations.state.${operation.state}`)}
        </span>
      </button>
      <div id={id} hidden={!open}>
        {open && <OperationDetail operation={operation} />}
      </div>
    </li>
  );

  /** Clawpool's own reasons have a text; a person's name is one. */
  function requesterOf(name: string): string {
    const own = ['message', 'idle', 'timetable', 'expiry', 'always-on', 'batch'] as const;
    const known = own.find((candidate) => candidate === name);
    return known ? t(`operations.requester.${known === 'always-on' ? 'alwaysOn' : known}`) : name;
  }
}

function OperationDetail({ operation }: { operation: Operation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { result, reason, message, hint } = operation;
  return (
    <div className="grid animate-appear gap-2 border-t bg-sunken px-4 py-4 text-sm sm:ps-10">
      {(reason || message) && (
        <p className="break-words">
          {reason && <span className="font-medium text-bad-ink">{t(`operations.reason.${reason}`)} </span>}
          {message} {hint && <span className="text-ink-soft">{hint}</span>}
        </p>
      )}
      <dl className="grid gap-x-6 gap-y-1.5 sm:grid-cols-[minmax(6rem,max-content)_1fr]">
        <dt className="text-ink-faint">{t('timeline.id')}</dt>
        <dd className="break-all font-mono text-xs leading-5">{operation.id}</dd>
        <dt className="text-ink-faint">{t('timeline.deadline')}</dt>
        <dd>{format.full(Date.parse(operation.deadlineAt))}</dd>
        {result?.startedBy && (
          <>
            <dt className="text-ink-faint">{t('timeline.startedBy')}</dt>
            <dd>{t(result.startedBy === 'warm-slot' ? 'timeline.warmSlot' : 'timeline.plainStart')}</dd>
          </>
        )}
        {result?.checkpointId && (
          <>
            <dt className="text-ink-faint">{t('timeline.checkpoint')}</dt>
            <dd className="break-all font-mono text-xs leading-5">{result.checkpointId}</dd>
          </>
        )}
        {result?.tenantId && result.tenantId !== operation.tenantId && (
          <>
            <dt className="text-ink-faint">{t('timeline.madeTenant')}</dt>
            <dd>
              <Link
                to="/tenants/$tenantId"
                params={{ tenantId: result.tenantId }}
                className="text-accent-ink underline underline-offset-4"
              >
                {result.tenantId}
              </Link>
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}
