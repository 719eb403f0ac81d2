import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { TimeChart } from '../charts/time-chart.tsx';
import { FilterButtons } from '../design/filter-buttons.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { sumOfTurns, turnsOver, withGaps } from './metrics.ts';
import { tenantMetricsQuery } from './queries.ts';

const ranges = ['1', '6', '24', '168'] as const;
type Range = (typeof ranges)[number];

export function MetricsTab({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const [range, setRange] = useState<Range>('6');
  const hours = Number(range);
  const { data, error, isPlaceholderData } = useQuery(tenantMetricsQuery(tenantId, hours));
  const samples = withGaps(data?.samples ?? []);
  const stretch = { from: now - hours * 3_600_000, to: now };
  const whole = new Intl.NumberFormat(format.locale, { maximumFractionDigits: 0 });
  return (
    <div className="grid gap-4" aria-busy={isPlaceholderData}>
      <FilterButtons
        label={t('metrics.range')}
        value={range}
        onValue={setRange}
        options={ranges.map((value) => ({ value, label: t(`metrics.ranges.h${value}`) }))}
      />
      <ProblemNotice error={error} title={t('metrics.failed')} />
      {!data && !error && <Skeleton className="h-64 w-full rounded-lg" />}
      {data && (
        <div className="grid gap-4 xl:grid-cols-2">
          <TimeChart
            {...stretch}
            title={t('tenants.columns.memory')}
            points={samples.map(({ at, memoryBytes }) => ({ at, value: memoryBytes }))}
            format={format.bytes}
            unit="bytes"
            limit={{ label: t('metrics.limit'), value: data.memoryLimitBytes }}
          />
          <TimeChart
            {...stretch}
            title={t('metrics.cpu')}
            tone="accent"
            points={samples.map(({ at, cpuPercent }) => ({ at, value: cpuPercent }))}
            format={(value) => `${whole.format(value)} %`}
          />
          <TimeChart
            {...stretch}
            title={t('tenants.columns.disk')}
            tone="good"
            points={samples.map(({ at, diskBytes }) => ({ at, value: diskBytes }))}
            format={format.bytes}
            unit="bytes"
            limit={{ label: t('metrics.limit'), value: data.diskLimitBytes }}
          />
          <TimeChart
            {...stretch}
            kind="bars"
            title={t('metrics.turns')}
            figure={t('metrics.turnsInAll', { count: sumOfTurns(data.samples) })}
            points={turnsOver(data.samples, stretch)}
            format={(value) => whole.format(value)}
          />
        </div>
      )}
    </div>
  );
}
