import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** One of a few, each with how many there are. Behaves as a row of buttons, of which one is pressed. */
export function FilterButtons<Value extends string>({
  label,
  value,
  onValue,
  options,
}: {
  label: string;
  value: Value;
  onValue: (value: Value) => void;
  options: readonly { value: Value; label: string; count?: number; sign?: ReactNode }[];
}) {
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => {
        const pressed = option.value === value;
        return (
          <button
            key={option.value}
            type="button"
            aria-pressed={pressed}
            data-filter={option.value}
            onClick={() => onValue(option.value)}
            className={classNames(
              'inline-flex h-9 items-center gap-1.5 rounded-full border px-2.5 text-sm sm:gap-2 sm:px-3.5 transition-colors',
              pressed
                ? 'border-ink bg-ink font-medium text-canvas'
                : 'border-line bg-surface text-ink-soft hover:border-line-strong hover:bg-hover hover:text-ink',
            )}
          >
            {option.sign}
            {option.label}
            {option.count !== undefined && (
              <span className={classNames('tabular', pressed ? 'opacity-80' : 'text-ink-faint')}>{option.count}</span>
            )}
          </button>
        );
      })}
    </fieldset>
  );
}
