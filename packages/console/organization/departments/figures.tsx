import type { ReactNode } from 'react';

/** A few numbers that say how the organization stands, in one row; two by two on phones. */
export function Figures({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line sm:auto-cols-fr sm:grid-flow-col sm:grid-cols-none">
      {children}
    </dl>
  );
}

export function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0 bg-surface px-4 py-3 last:odd:max-sm:col-span-2">
      <dt className="truncate text-ink-faint text-xs">{name}</dt>
      <dd className="tabular mt-0.5 font-semibold text-xl">{children}</dd>
    </div>
  );
}
