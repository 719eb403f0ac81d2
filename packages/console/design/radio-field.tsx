import { useId } from 'react';
import { classNames } from './class-names.ts';

/** One of a few that need a sentence each. */
export function RadioField<Value extends string>({
  label,
  value,
  onValue,
  options,
}: {
  label: string;
  value: Value;
  onValue: (value: Value) => void;
  options: readonly { value: Value; label: string; hint?: string; disabled?: boolean }[];
}) {
  const id = useId();
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium text-sm">{label}</legend>
      <div className="grid gap-2">
        {options.map((option) => (
          <label
            key={option.value}
            className={classNames(
              'flex gap-3 rounded-lg border p-3 transition-colors',
              option.disabled
                ? 'text-ink-faint'
                : 'cursor-pointer hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft',
            )}
          >
            <input
              type="radio"
              name={id}
              value={option.value}
              checked={option.value === value}
              disabled={option.disabled}
              onChange={() => onValue(option.value)}
              className="mt-1 size-4 shrink-0 accent-(--accent)"
            />
            <span className="min-w-0">
              <span className="block font-medium">{option.label}</span>
              {option.hint && (
                <span className={classNames('block text-sm', !option.disabled && 'text-ink-soft')}>{option.hint}</span>
              )}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
