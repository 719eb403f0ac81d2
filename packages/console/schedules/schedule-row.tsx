import type { Schedule, ScheduleInput, ScheduleRun } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bot, Ellipsis, History, Pencil, Play, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { schedulesChanged } from '../api/portal-queries.ts';
import { messageOf } from '../api/problem-notice.tsx';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Switch } from '../design/form-fields.tsx';
import { Menu, MenuItem, MenuLine } from '../design/menu.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { fromNow, momentIn, timingInWords } from './timing-words.ts';

export function ScheduleRow({
  schedule,
  onEdit,
  onRuns,
  onDelete,
}: {
  schedule: Schedule;
  onEdit: () => void;
  onRuns: () => void;
  onDelete: () => void;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const now = useNow(15_000);
  const { turn, run } = useScheduleActions(schedule);
  return (
    <li
      data-testid="schedule"
      data-schedule={schedule.id}
      className="grid gap-x-6 gap-y-3 border-b px-4 py-4 last:border-0 sm:grid-cols-[minmax(0,1fr)_auto] sm:px-5"
    >
      <div className="grid min-w-0 gap-1">
        <h2 className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <button
            type="button"
            onClick={onEdit}
            className="min-w-0 break-words rounded-sm text-start font-semibold hover:underline"
          >
            {schedule.name}
          </button>
          {schedule.createdBy.type !== 'person' && (
            <span className="inline-flex h-5 items-center gap-1 rounded-full bg-hover px-2 font-medium text-ink-soft text-xs">
              <Bot className="size-3" aria-hidden="true" />
              {schedule.createdBy.type === 'agent'
                ? t('schedules.byAgent')
                : t('schedules.byApi', { name: schedule.createdBy.name })}
            </span>
          )}
        </h2>
        <p className="line-clamp-2 text-ink-soft text-sm [overflow-wrap:anywhere]">{schedule.prompt}</p>
        <p className="text-sm">
          <span className="text-ink-soft">{timingInWords(schedule.timing, t, locale)}</span>
          {' · '}
          <Next schedule={schedule} now={now} />
        </p>
        {schedule.lastRun && <LastRun run={schedule.lastRun} />}
      </div>
      <div className="flex items-center gap-2 sm:self-start">
        <Switch
          label={schedule.enabled ? t('schedules.on') : t('schedules.off')}
          checked={turn.isPending ? turn.variables : schedule.enabled}
          onChecked={(enabled) => turn.mutate(enabled)}
        />
        <Button
          size="icon-sm"
          kind="ghost"
          className="ms-auto"
          disabled={run.isPending}
          aria-label={t('schedules.runNow', { name: schedule.name })}
          title={t('schedules.runNow', { name: schedule.name })}
          onClick={() => run.mutate()}
        >
          <Play aria-hidden="true" />
        </Button>
        <Menu
          align="end"
          trigger={
            <Button kind="ghost" size="icon-sm" aria-label={t('schedules.actions', { name: schedule.name })}>
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        >
          <MenuItem icon={<Pencil />} onSelect={onEdit}>
            {t('schedules.edit')}
          </MenuItem>
          <MenuItem icon={<History />} onSelect={onRuns}>
            {t('schedules.runs')}
          </MenuItem>
          <MenuLine />
          <MenuItem icon={<Trash2 />} danger onSelect={onDelete}>
            {t('schedules.delete')}
          </MenuItem>
        </Menu>
      </div>
    </li>
  );
}

function useScheduleActions(schedule: Schedule) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const problem = useProblem();
  const onError = (error: unknown) => {
    const { title, detail } = problem(factsOf(error));
    showToast({
      tone: 'bad',
      title: t('schedules.notDone', { name: schedule.name }),
      detail: [messageOf(error) ?? title, detail].filter(Boolean).join(' '),
    });
  };
  const onSettled = () => queryClient.invalidateQueries(schedulesChanged);
  const params = { scheduleId: schedule.id };
  return {
    turn: useMutation({
      mutationFn: (enabled: boolean) => api.call('changeSchedule', { params, body: { ...inputOf(schedule), enabled } }),
      onError,
      onSettled,
    }),
    run: useMutation({
      mutationFn: () => api.call('runSchedule', { params }),
      onSuccess: () => showToast({ tone: 'good', title: t('schedules.running'), detail: t('schedules.runningHint') }),
      onError,
      onSettled,
    }),
  };
}

/** What the server takes back of what it has told. */
function inputOf({ name, prompt, timing, missedRuns, deliverTo, enabled }: Schedule): ScheduleInput {
  return { name, prompt, timing, missedRuns, deliverTo, enabled };
}

/** In words, and by the clock of whoever reads it. */
function Next({ schedule, now }: { schedule: Schedule; now: number }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  if (!schedule.enabled) return <span className="text-ink-faint">{t('schedules.switchedOff')}</span>;
  if (schedule.nextRunAt === null) return <span className="text-ink-faint">{t('schedules.noMore')}</span>;
  return (
    <time dateTime={schedule.nextRunAt} data-testid="next-run">
      {t('schedules.nextRun', {
        when: fromNow(schedule.nextRunAt, now, locale),
        at: momentIn(schedule.nextRunAt, locale),
      })}
    </time>
  );
}

const tones: Record<ScheduleRun['state'], string> = {
  running: 'text-info-ink',
  answered: 'text-good-ink',
  failed: 'text-bad-ink',
  missed: 'text-ink-faint',
};

/** How a run went, with the way to what was said. */
export function LastRun({ run, long = false }: { run: ScheduleRun; long?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(15_000);
  const at = Date.parse(run.dueAt);
  return (
    <p data-testid="run" data-state={run.state} className="flex flex-wrap items-baseline gap-x-2 text-sm">
      <span className={classNames('font-medium', tones[run.state])}>{t(`schedules.states.${run.state}`)}</span>
      <time dateTime={run.dueAt} title={format.full(at)} className="text-ink-faint">
        {long ? format.full(at) : format.ago(at, now)}
      </time>
      {run.conversationId && (
        <Link
          to="/chat/{-$conversationId}"
          params={{ conversationId: run.conversationId }}
          className="text-accent-ink underline underline-offset-3"
        >
          {t('schedules.read')}
        </Link>
      )}
    </p>
  );
}
