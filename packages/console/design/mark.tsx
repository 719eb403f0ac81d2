import type { SVGProps } from 'react';

/**
 * The mark: a claw that closes around a drop, seen from above as rings in a pool. `public/mark.svg` is the same drawing
 * for browser tabs.
 */
export function Mark(props: SVGProps<SVGSVGElement>) {
  return (
    <svg viewBox="0 0 32 32" fill="currentColor" aria-hidden="true" {...props}>
      <path d="M19.6 2.9A13.6 13.6 0 1 0 29.2 19.2C25.9 25 18.6 26.5 13.7 22.7 8.2 18.4 9.1 8.9 19.6 2.9Z" />
      <path d="M22.4 4.2C28 6.500 30.600 11.400 29.900 16.200 28.900 13.100 26.300 10.900 22.900 11.200 20.400 11.400 18.700 12.800 17.700 14.300 17.500 10.200 19 6.600 22.400 4.200Z" />
      <circle cx="20.600" cy="18" r="2.900" />
    </svg>
  );
}
