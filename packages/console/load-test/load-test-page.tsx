import type { LoadTest } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { loadTestsQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { LoadTestForm } from './load-test-form.tsx';
import { LoadTestHistory } from './load-test-history.tsx';
import { LoadTestResult } from './load-test-result.tsx';

export function LoadTestPage() {
  const { t } = useTranslation();
  usePageTitle(t('loadTest.title'));
  const { data: tests, error } = useQuery(loadTestsQuery);
  const [latest, ...earlier] = tests ?? [];
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('loadTest.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('loadTest.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-300 gap-6 px-4 py-5 sm:px-5 lg:px-6">
          <LoadTestForm running={latest !== undefined && isUnderWay(latest)} />
          <ProblemNotice error={error} />
          {!tests && !error && <Skeleton className="h-64 rounded-lg" />}
          {latest && <LoadTestResult test={latest} />}
          {earlier.length > 0 && <LoadTestHistory tests={earlier} />}
        </div>
      </div>
    </>
  );
}

/** Two at once would measure each other. */
const isUnderWay = ({ state }: LoadTest): boolean => state === 'creating' || state === 'starting';
