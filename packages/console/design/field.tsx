import { Search, X } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from './class-names.ts';

const inputStyle =
  'h-10 w-full rounded-md border border-control bg-surface px-3 text-base text-ink placeholder:text-ink-faint hover:border-ink-faint aria-invalid:border-bad';

/** A labelled text input. `error` is read out with the field; `trailing` sits inside, at its end. */
export function TextField({
  label,
  error,
  trailing,
  className,
  ...rest
}: ComponentProps<'input'> & { label: string; error?: string | undefined; trailing?: ReactNode }) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block font-medium text-sm">
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-error` : undefined}
          className={classNames(inputStyle, trailing && 'pe-11')}
          {...rest}
        />
        {trailing && <div className="absolute inset-y-0 end-1 flex items-center">{trailing}</div>}
      </div>
      {error && (
        <p id={`${id}-error`} className="mt-1.5 text-bad-ink text-sm">
          {error}
        </p>
      )}
    </div>
  );
}

/** A search box whose label is for screen readers; it can be emptied with one click or Escape. */
export function SearchField({
  label,
  placeholder = label,
  value,
  onValue,
  className,
  list,
}: {
  label: string;
  placeholder?: string;
  value: string;
  onValue: (value: string) => void;
  className?: string | undefined;
  /** Id of a datalist with suggestions. */
  list?: string;
}) {
  const { t } = useTranslation();
  return (
    <div className={classNames('relative', className)}>
      <Search className="pointer-events-none absolute start-3 top-3 size-4 text-ink-faint" aria-hidden="true" />
      <input
        type="search"
        aria-label={label}
        placeholder={placeholder}
        list={list}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        value={value}
        maxLength={100}
        onChange={(event) => onValue(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onValue('');
        }}
        className={classNames(inputStyle, 'px-9')}
      />
      {value !== '' && (
        <button
          type="button"
          aria-label={t('common.clear')}
          onClick={() => onValue('')}
          className="absolute end-1 top-1 grid size-8 place-items-center rounded-md text-ink-faint hover:text-ink"
        >
          <X className="size-4" aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

/** The platform's own select: right for keyboards, screen readers and phones without any work of ours. */
export function Select({
  label,
  className,
  children,
  ...rest
}: Omit<ComponentProps<'select'>, 'aria-label'> & { label: string }) {
  return (
    <select
      aria-label={label}
      className={classNames(
        'h-10 rounded-md border border-control bg-surface ps-3 pe-8 text-base text-ink hover:border-ink-faint',
        className,
      )}
      {...rest}
    >
      {children}
    </select>
  );
}
