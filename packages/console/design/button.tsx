import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';
import { classNames } from './class-names.ts';

export const buttonStyle = cva(
  [
    'inline-flex select-none items-center justify-center gap-2 whitespace-nowrap font-medium transition-colors duration-150',
    'disabled:cursor-not-allowed [&_svg]:shrink-0',
  ],
  {
    variants: {
      kind: {
        primary:
          'bg-accent text-on-accent hover:bg-accent-strong disabled:bg-hover disabled:text-ink-faint [&:not(:disabled)]:shadow-raised',
        outline:
          'border border-line-strong bg-surface text-ink hover:bg-hover active:bg-pressed disabled:text-ink-faint disabled:bg-transparent',
        danger:
          'bg-bad-solid text-on-bad hover:brightness-110 disabled:bg-hover disabled:text-ink-faint [&:not(:disabled)]:shadow-raised',
        ghost: 'text-ink-soft hover:bg-hover hover:text-ink active:bg-pressed disabled:text-ink-faint',
      },
      size: {
        sm: 'h-8 rounded-md px-3 text-sm [&_svg]:size-4',
        md: 'h-10 rounded-md px-4 text-base [&_svg]:size-4.5',
        icon: 'size-10 rounded-md [&_svg]:size-5',
        'icon-sm': 'size-8 rounded-md [&_svg]:size-4',
      },
    },
    defaultVariants: { kind: 'outline', size: 'md' },
  },
);

export function Button({
  kind,
  size,
  className,
  type = 'button',
  ...rest
}: ComponentProps<'button'> & VariantProps<typeof buttonStyle>) {
  return <button type={type} className={classNames(buttonStyle({ kind, size }), className)} {...rest} />;
}
