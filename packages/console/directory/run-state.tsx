import type { DirectoryRun } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';

const styles: Record<DirectoryRun['state'], string> = {
  waiting: 'bg-info-soft text-info-ink',
  running: 'bg-info-soft text-info-ink',
  done: 'bg-good-soft text-good-ink',
  stopped: 'bg-warn-soft text-warn-ink',
  failed: 'bg-bad-soft text-bad-ink',
};

export function RunState({ run }: { run: DirectoryRun }) {
  const { t } = useTranslation();
  return (
    <span
      data-testid="run-state"
      data-state={run.state}
      className={classNames(
        'inline-flex h-6 items-center whitespace-nowrap rounded-full px-2.5 font-medium text-xs',
        styles[run.state],
      )}
    >
      {t(`directory.runs.state.${run.state}`)}
    </span>
  );
}

/** What a run did, or why it did not. */
export function RunCounts({ run }: { run: DirectoryRun }) {
  const { t } = useTranslation();
  const { created, changed, suspended, departmentsCreated, departmentsChanged, departmentsReleased } = run.counts;
  const departments = departmentsCreated + departmentsChanged + departmentsReleased;
  const done = [
    created > 0 && t('directory.runs.created', { count: created }),
    changed > 0 && t('directory.runs.changed', { count: changed }),
    suspended > 0 && t('directory.runs.suspended', { count: suspended }),
    departments > 0 && t('directory.runs.departments', { count: departments }),
  ].filter((part) => part !== false);
  return (
    <div className="text-ink-soft text-sm">
      {run.state === 'stopped' && <p>{t('directory.runs.stopped')}</p>}
      {run.state === 'failed' && <p className="break-words">{[run.message, run.hint].filter(Boolean).join(' ')}</p>}
      {(done.length > 0 || run.state === 'done') && <p>{done.join(' · ') || t('directory.runs.nothing')}</p>}
      {run.conflicts.length > 0 && (
        <p className="text-warn-ink">{t('directory.runs.conflicts', { count: run.conflicts.length })}</p>
      )}
    </div>
  );
}
