import { useTranslation } from 'react-i18next';
import {
  Area,
  Bar,
  CartesianGrid,
  ComposedChart,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { useFormat } from '../format/use-format.ts';
import { ChartFrame } from './chart-frame.tsx';
import { type AxisUnit, ticksOf } from './ticks.ts';
import { axisStyle, type Tone, tones, tooltipStyle } from './tones.ts';

export interface TimePoint {
  /** Milliseconds since 1970. */
  at: number;
  /** Null: not known then; the line has a gap. */
  value: number | null;
}

/** One figure over time, as a line with its area or as bars. */
export function TimeChart({
  title,
  points,
  from,
  to,
  format,
  unit = 'number',
  figure,
  tone = 'info',
  kind = 'line',
  perDay = false,
  limit,
}: {
  title: string;
  /** In the order of time. */
  points: readonly TimePoint[];
  /** The stretch of time that is shown, whether or not there are points in all of it. */
  from: number;
  to: number;
  format: (value: number) => string;
  unit?: AxisUnit;
  /** The one to remember; the latest value unless given. */
  figure?: string;
  tone?: Tone;
  kind?: 'line' | 'bars';
  /** Each point is a whole day, and has no time. */
  perDay?: boolean;
  /** A line that must not be crossed. */
  limit?: { label: string; value: number };
}) {
  const { t } = useTranslation();
  const { locale, full, date } = useFormat();
  const inWords = perDay ? date : full;
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const latest = points.at(-1)?.value ?? null;
  const highest = Math.max(0, ...known);
  // A limit far above everything would press the line to the ground; it is told beside the title then.
  const showsLimit = limit !== undefined && highest > limit.value / 4;
  const ticks = ticksOf(showsLimit ? Math.max(limit.value, highest) : highest, unit);
  const long = to - from > 36 * 3_600_000;
  const tick = new Intl.DateTimeFormat(
    locale,
    long ? { weekday: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit' },
  );
  return (
    <ChartFrame
      title={title}
      figure={
        <>
          {figure ?? (latest === null ? t('common.none') : format(latest))}
          {limit && <span className="text-ink-faint"> / {format(limit.value)}</span>}
        </>
      }
      summary={
        known.length === 0
          ? t('charts.nothing')
          : t('charts.summary', {
              count: known.length,
              lowest: format(Math.min(...known)),
              highest: format(highest),
              latest: latest === null ? t('charts.unknown') : format(latest),
            })
      }
      table={{
        columns: [t('charts.time'), title],
        rows: points
          .toReversed()
          .map(({ at, value }) => [inWords(at), value === null ? t('common.none') : format(value)]),
      }}
    >
      {known.length === 0 ? (
        <p className="grid h-full place-items-center rounded-md bg-sunken text-ink-faint text-sm">
          {t('charts.nothing')}
        </p>
      ) : (
        <ResponsiveContainer width="100%" height="100%" minWidth={0}>
          <ComposedChart
            data={[...points]}
            margin={{ top: 6, right: 6, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="at"
              type="number"
              scale="time"
              domain={[from, to]}
              tickFormatter={(at: number) => tick.format(at)}
              tick={axisStyle}
              tickLine={false}
              axisLine={{ stroke: 'var(--line-strong)' }}
              minTickGap={44}
            />
            <YAxis
              domain={[0, ticks.at(-1) ?? 1]}
              ticks={ticks}
              tickFormatter={format}
              tick={axisStyle}
              tickLine={false}
              axisLine={false}
              width={62}
            />
            <Tooltip
              {...tooltipStyle}
              cursor={kind === 'bars' ? { fill: 'var(--hover)' } : { stroke: 'var(--line-strong)' }}
              labelFormatter={(at) => inWords(Number(at))}
              formatter={(value) => [format(Number(value)), title]}
            />
            {showsLimit && <ReferenceLine y={limit.value} stroke="var(--bad)" strokeDasharray="4 4" />}
            {kind === 'bars' ? (
              <Bar dataKey="value" fill={tones[tone]} maxBarSize={14} radius={[2, 2, 0, 0]} isAnimationActive={false} />
            ) : (
              <Area
                dataKey="value"
                type="linear"
                stroke={tones[tone]}
                strokeWidth={1.75}
                fill={tones[tone]}
                fillOpacity={0.12}
                dot={known.length === 1 ? { r: 3, fill: tones[tone] } : false}
                activeDot={{ r: 3 }}
                connectNulls={false}
                isAnimationActive={false}
              />
            )}
          </ComposedChart>
        </ResponsiveContainer>
      )}
    </ChartFrame>
  );
}
