/** Colours that a chart may use, by what they mean. They follow the theme. */
export const tones = {
  accent: 'var(--accent)',
  info: 'var(--info)',
  good: 'var(--good)',
  warn: 'var(--warn)',
} as const;
export type Tone = keyof typeof tones;

export const axisStyle = { fontSize: 11, fill: 'var(--ink-faint)' } as const;

/** What follows the pointer; the drawing itself is silent for screen readers. */
export const tooltipStyle = {
  contentStyle: {
    background: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: 8,
    boxShadow: 'var(--shadow-floating)',
    fontSize: 12,
    padding: '6px 10px',
  },
  labelStyle: { color: 'var(--ink-faint)', marginBottom: 2 },
  itemStyle: { color: 'var(--ink)', padding: 0 },
  isAnimationActive: false,
} as const;
