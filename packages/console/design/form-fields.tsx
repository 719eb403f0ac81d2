import { Switch as RadixSwitch } from 'radix-ui';
import { type ComponentProps, type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';
import { Select } from './field.tsx';

/** What stands below a field: its error, else its hint. Both are read out with it by `aria-describedby`. */
function Below({ id, error, hint }: { id: string; error?: string | undefined; hint?: ReactNode }) {
  if (error) {
    return (
      <p id={`${id}-below`} className="mt-1.5 text-bad-ink text-sm">
        {error}
      </p>
    );
  }
  return hint ? (
    <p id={`${id}-below`} className="mt-1.5 text-ink-faint text-xs">
      {hint}
    </p>
  ) : null;
}

const labelStyle = 'mb-1.5 block font-medium text-sm';
const boxStyle =
  'w-full rounded-md border border-control bg-surface px-3 text-base text-ink placeholder:text-ink-faint hover:border-ink-faint aria-invalid:border-bad disabled:border-line disabled:text-ink-faint disabled:hover:border-line';

interface Around {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

/** One line of text or a number, with a unit behind it where it has one. */
export function InputField({
  label,
  hint,
  error,
  unit,
  mono = false,
  className,
  ...rest
}: ComponentProps<'input'> & Around & { unit?: string | undefined; mono?: boolean }) {
  const id = useId();
  return (
    <div className={classNames('min-w-0', className)}>
      <label htmlFor={id} className={labelStyle}>
        {label}
      </label>
      <div className="relative">
        <input
          id={id}
          autoComplete="off"
          aria-invalid={error ? true : undefined}
          aria-describedby={error || hint ? `${id}-below` : undefined}
          className={classNames(boxStyle, 'h-10', unit && 'pe-16', mono && 'font-mono text-sm')}
          {...rest}
        />
        {unit && (
          <span className="pointer-events-none absolute inset-y-0 end-3 flex items-center text-ink-faint text-sm">
            {unit}
          </span>
        )}
      </div>
      <Below id={id} error={error} hint={hint} />
    </div>
  );
}

export function TextAreaField({ label, hint, error, className, ...rest }: ComponentProps<'textarea'> & Around) {
  const id = useId();
  return (
    <div className={classNames('min-w-0', className)}>
      <label htmlFor={id} className={labelStyle}>
        {label}
      </label>
      <textarea
        id={id}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-below` : undefined}
        className={classNames(boxStyle, 'min-h-24 py-2')}
        {...rest}
      />
      <Below id={id} error={error} hint={hint} />
    </div>
  );
}

/** `Select` with a label that is seen. */
export function SelectField({
  label,
  hint,
  error,
  className,
  children,
  ...rest
}: ComponentProps<typeof Select> & Around) {
  const id = useId();
  return (
    <div className={classNames('min-w-0', className)}>
      <span aria-hidden="true" className={labelStyle}>
        {label}
      </span>
      <Select
        label={label}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-below` : undefined}
        className="w-full"
        {...rest}
      >
        {children}
      </Select>
      <Below id={id} error={error} hint={hint} />
    </div>
  );
}

/** A box to tick, with its label beside it. */
export function CheckField({
  label,
  hint,
  className,
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { label: ReactNode; hint?: ReactNode }) {
  const id = useId();
  return (
    <div className={classNames('flex items-start gap-2.5', className)}>
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-below` : undefined}
        className="mt-0.5 size-4.5 shrink-0 accent-(--accent)"
        {...rest}
      />
      <div className="min-w-0">
        <label htmlFor={id} className="block text-ink text-sm leading-5.5">
          {label}
        </label>
        {hint && (
          <p id={`${id}-below`} className="mt-0.5 text-ink-faint text-xs">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

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
  options: readonly { value: Value; label: ReactNode; hint?: ReactNode; disabled?: boolean }[];
}) {
  const id = useId();
  return (
    <fieldset className="grid gap-2.5">
      <legend className={labelStyle}>{label}</legend>
      {options.map((option) => (
        <div key={option.value} className="flex items-start gap-2.5">
          <input
            id={`${id}-${option.value}`}
            type="radio"
            name={id}
            checked={option.value === value}
            disabled={option.disabled}
            onChange={() => onValue(option.value)}
            aria-describedby={option.hint ? `${id}-${option.value}-below` : undefined}
            className="mt-0.5 size-4.5 shrink-0 accent-(--accent)"
          />
          <div className="min-w-0">
            <label htmlFor={`${id}-${option.value}`} className="block text-sm leading-5.5">
              {option.label}
            </label>
            {option.hint && (
              <p id={`${id}-${option.value}-below`} className="mt-0.5 text-ink-faint text-xs">
                {option.hint}
              </p>
            )}
          </div>
        </div>
      ))}
    </fieldset>
  );
}

/** Something that is on or off at once, without a form to send. */
export function Switch({
  label,
  checked,
  onChecked,
}: {
  label: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-2 text-sm">
      <RadixSwitch.Root
        id={id}
        checked={checked}
        onCheckedChange={onChecked}
        className="inline-flex h-5 w-9 shrink-0 items-center rounded-full bg-control p-0.5 transition-colors data-[state=checked]:bg-accent"
      >
        <RadixSwitch.Thumb className="size-4 rounded-full bg-surface transition-transform data-[state=checked]:translate-x-4" />
      </RadixSwitch.Root>
      <label htmlFor={id}>{label}</label>
    </span>
  );
}

/** A part of a form that most people leave alone: closed until somebody opens it. */
export function Fold({ title, open, children }: { title: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open} className="group border-t first:border-t-0">
      <summary className="-mx-2 flex h-11 cursor-pointer list-none items-center justify-between rounded-md px-2 font-medium text-sm hover:bg-hover [&::-webkit-details-marker]:hidden">
        {title}
        <svg
          viewBox="0 0 16 16"
          aria-hidden="true"
          className="size-4 text-ink-faint transition-transform group-open:rotate-90"
        >
          <path d="m6 3.5 4.5 4.5L6 12.5" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
        </svg>
      </summary>
      <div className="grid gap-4 pt-2 pb-5">{children}</div>
    </details>
  );
}
