import type { LoadTest } from '@clawpool/contracts';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { LoadTestResult, LoadTestState } from './load-test-result.tsx';

/** The tests before the latest one, a line each; the whole result opens below. */
export function LoadTestHistory({ tests }: { tests: readonly LoadTest[] }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="load-test-history" className="grid gap-3">
      <h2 id="load-test-history" className="font-semibold text-lg">
        {t('loadTest.history')}
      </h2>
      <ul className="overflow-hidden rounded-lg border bg-surface">
        {tests.map((test) => (
          <Entry key={test.id} test={test} />
        ))}
      </ul>
    </section>
  );
}

function Entry({ test }: { test: LoadTest }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const id = useId();
  const [open, setOpen] = useState(false);
  const started = Date.parse(test.startedAt);
  return (
    <li className="border-b last:border-0" data-testid="load-test-entry">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-outline-offset-2 grid w-full grid-cols-[1rem_minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 px-4 py-3 text-start text-sm hover:bg-sunken md:grid-cols-[1rem_minmax(0,1fr)_8rem_10rem_10rem]"
      >
        <ChevronRight
          className={classNames('size-4 text-ink-faint transition-transform', open && 'rotate-90')}
          aria-hidden="true"
        />
        <span className="font-medium">{t('loadTest.heading', { count: test.count, tier: test.tier })}</span>
        <span className="text-end md:text-start">
          <LoadTestState test={test} />
        </span>
        <span className="tabular text-ink-soft max-md:col-start-2">
          {t('loadTest.runningOf', { count: test.running, total: test.count })}
        </span>
        <time dateTime={test.startedAt} title={format.full(started)} className="text-ink-faint max-md:text-end">
          {format.ago(started, now)}
        </time>
      </button>
      <div id={id} hidden={!open} className="border-t bg-sunken p-3">
        {open && <LoadTestResult test={test} />}
      </div>
    </li>
  );
}
