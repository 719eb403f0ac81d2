import type { AgentUsageDay } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { BarChart } from '../charts/bar-chart.tsx';
import { useFormat } from '../format/use-format.ts';

/** What an agent has asked of models, day by day. */
export function UsageCharts({ usage }: { usage: readonly AgentUsageDay[] }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  // A day is the server's, in UTC; it must not become the one before west of Greenwich.
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const bars = (value: (day: AgentUsageDay) => number) =>
    usage.map((one) => ({ label: day.format(Date.parse(one.day)), value: value(one) }));
  const sum = (value: (day: AgentUsageDay) => number) => usage.reduce((total, one) => total + value(one), 0);
  const days = usage.length;
  const calls = sum((one) => one.calls);
  const failed = sum((one) => one.failedCalls);
  const tokens = (one: AgentUsageDay) => one.inputTokens + one.outputTokens;
  return (
    <section aria-label={t('agentFactory.usage.title', { days })} className="grid gap-4 lg:grid-cols-2">
      <BarChart
        title={t('agentFactory.usage.calls', { days })}
        figure={
          failed > 0
            ? t('agentFactory.usage.callsFailed', { calls, failed })
            : t('agentFactory.usage.callsInAll', { count: calls })
        }
        summary={t('agentFactory.usage.callsSummary', { count: calls, days })}
        columns={[t('agentFactory.usage.day'), t('agentFactory.usage.callCount')]}
        bars={bars((one) => one.calls)}
        tone="info"
      />
      <BarChart
        title={t('agentFactory.usage.tokens', { days })}
        figure={t('agentFactory.usage.tokensInAll', {
          input: sum((one) => one.inputTokens).toLocaleString(locale),
          output: sum((one) => one.outputTokens).toLocaleString(locale),
        })}
        summary={t('agentFactory.usage.tokensSummary', { count: sum(tokens), days })}
        columns={[t('agentFactory.usage.day'), t('agentFactory.usage.tokenCount')]}
        bars={bars(tokens)}
        tone="accent"
      />
    </section>
  );
}
