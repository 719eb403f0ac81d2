import { type ReactNode, useId } from 'react';

/** A part of the page with a heading, what it is good for, and what it is about. */
export function Section({
  title,
  lead,
  actions,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0 rounded-lg border bg-surface">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 pt-4 sm:px-5">
        <div className="min-w-0 flex-1">
          <h2 id={id} className="font-semibold">
            {title}
          </h2>
          {lead && <p className="mt-0.5 text-ink-soft text-sm">{lead}</p>}
        </div>
        {actions}
      </div>
      <div className="p-4 sm:p-5 sm:pt-4">{children}</div>
    </section>
  );
}
