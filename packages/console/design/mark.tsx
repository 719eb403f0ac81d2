import type { SVGProps } from 'react';

/** The mark: two pincers of a claw, closing with care around a drop of the pool. `public/mark.svg` is the same drawing. */
export function Mark(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 32 32" fill="currentColor" aria-hidden="true" {...props}>
      <path d="M21.69 3.21A14 14 0 0 0 5.6 25.37 22.73 22.73 0 0 1 21.69 3.21Z" />
      <path d="M6.63 26.4A14 14 0 0 0 28.79 10.31 22.73 22.73 0 0 1 6.63 26.4Z" />
      <circle cx="18" cy="14" r="3.4" />
    </svg>
  );
}
