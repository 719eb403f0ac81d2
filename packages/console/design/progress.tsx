import { classNames } from './class-names.ts';

/** How much of something is used: green, from 75 % amber, from 90 % red. The figures stand beside it; this is for the eye only. */
export function Meter({ used, total, className }: { used: number; total: number; className?: string }) {
  const share = total > 0 ? Math.min(1, Math.max(0, used / total)) : 0;
  return (
    <svg
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      aria-hidden="true"
      className={classNames('h-1 w-full overflow-hidden rounded-full bg-hover', className)}
    >
      <rect
        width={share * 100}
        height="4"
        className={share > 0.9 ? 'fill-bad' : share > 0.75 ? 'fill-warn' : 'fill-good'}
      />
    </svg>
  );
}

/** How far a work has come, in two parts: what went well and what did not. Read out as a progress bar. */
export function Progress({
  label,
  done,
  failed = 0,
  total,
  className,
}: {
  label: string;
  done: number;
  failed?: number;
  total: number;
  className?: string;
}) {
  const share = (part: number) => (total > 0 ? Math.min(100, (part / total) * 100) : 0);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done + failed}
      className={classNames('flex h-1.5 w-full overflow-hidden rounded-full bg-pressed', className)}
    >
      <div className="bg-good transition-[width] duration-300" style={{ width: `${share(done)}%` }} />
      <div className="bg-bad transition-[width] duration-300" style={{ width: `${share(failed)}%` }} />
    </div>
  );
}
