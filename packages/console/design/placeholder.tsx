import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Ripples } from './ripples.tsx';

/** A whole area that has nothing to show, and says why and what next. */
export function Placeholder({
  title,
  children,
  actions,
  heading: Heading = 'h2',
}: {
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  heading?: 'h1' | 'h2';
}) {
  return (
    <div className="grid place-items-center px-6 py-16 text-center">
      <div className="max-w-sm">
        <Ripples className="mx-auto mb-6 size-20 text-line-strong" />
        <Heading className="font-semibold text-lg">{title}</Heading>
        {children && <div className="mt-2 text-ink-soft">{children}</div>}
        {actions && <div className="mt-6 flex flex-wrap justify-center gap-2">{actions}</div>}
      </div>
    </div>
  );
}

/** Stands in for text that is on its way. Invisible to screen readers: say "loading" beside it. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={classNames('animate-breathe rounded-sm bg-hover', className)} />;
}
