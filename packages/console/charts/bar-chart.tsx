import { Bar, BarChart as Bars, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartFrame } from './chart-frame.tsx';
import { axisStyle, type Tone, tones, tooltipStyle } from './tones.ts';

/** How many there are of each: bars side by side, for a distribution or a comparison of few. */
export function BarChart({
  title,
  figure,
  summary,
  columns,
  bars,
  tone = 'info',
}: {
  title: string;
  figure?: string;
  /** The drawing in one sentence. */
  summary: string;
  /** What the labels and the values are. */
  columns: readonly [label: string, value: string];
  bars: readonly { label: string; value: number }[];
  tone?: Tone;
}) {
  return (
    <ChartFrame
      title={title}
      figure={figure}
      summary={summary}
      table={{ columns, rows: bars.map(({ label, value }) => [label, String(value)]) }}
    >
      <ResponsiveContainer width="100%" height="100%" minWidth={0}>
        <Bars data={[...bars]} margin={{ top: 6, right: 6, bottom: 0, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="label"
            tick={axisStyle}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            minTickGap={12}
          />
          <YAxis tick={axisStyle} tickLine={false} axisLine={false} width={36} allowDecimals={false} />
          <Tooltip
            {...tooltipStyle}
            cursor={{ fill: 'var(--hover)' }}
            formatter={(value) => [String(value), columns[1]]}
          />
          <Bar dataKey="value" fill={tones[tone]} maxBarSize={36} radius={[3, 3, 0, 0]} isAnimationActive={false} />
        </Bars>
      </ResponsiveContainer>
    </ChartFrame>
  );
}
