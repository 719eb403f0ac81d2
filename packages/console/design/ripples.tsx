import type { SVGProps } from 'react';
import { classNames } from './class-names.ts';

/** Rings on still water: the pool at rest. */
export function Ripples(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 96 96" fill="none" stroke="currentColor" aria-hidden="true" {...props}>
      <circle cx="48" cy="48" r="6" fill="currentColor" stroke="none" />
      <circle cx="48" cy="48" r="18" strokeWidth="1.5" />
      <circle cx="48" cy="48" r="31" strokeWidth="1.25" opacity="0.7" />
      <circle cx="48" cy="48" r="44" strokeWidth="1" opacity="0.4" />
    </svg>
  );
}

/** A drop that makes rings: something is on its way. Still when the person wants no motion. */
export function Waiting({ className }: { className?: string }) {
  return (
    <span
      className={classNames('relative inline-grid size-5 place-items-center text-accent', className)}
      aria-hidden="true"
    >
      <span className="absolute inset-0 animate-ripple rounded-full border-[1.5px] border-current" />
      <span className="absolute inset-0 animate-ripple rounded-full border-[1.5px] border-current [animation-delay:1.1s]" />
      <span className="size-1.5 rounded-full bg-current" />
    </span>
  );
}
