import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';

const tones = {
  info: { style: 'bg-sunken border-line', icon: Info, iconStyle: 'text-ink-faint', text: 'text-ink-soft' },
  warn: { style: 'bg-warn-soft border-warn-line', icon: TriangleAlert, iconStyle: 'text-warn-ink', text: 'text-ink' },
  bad: { style: 'bg-bad-soft border-bad-line', icon: CircleAlert, iconStyle: 'text-bad-ink', text: 'text-ink' },
} as const;

/** Something the person should know: what happened, and underneath what to do about it. */
export function Notice({
  tone,
  title,
  children,
  actions,
  className,
  ...rest
}: Omit<ComponentProps<'div'>, 'title'> & {
  tone: keyof typeof tones;
  title: ReactNode;
  actions?: ReactNode;
}) {
  const { style, icon: Icon, iconStyle, text } = tones[tone];
  return (
    <div className={classNames('flex gap-3 rounded-lg border p-4 text-sm', style, className)} {...rest}>
      <Icon className={classNames('mt-0.5 size-4 shrink-0', iconStyle)} aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-ink">{title}</p>
        {children && <div className={classNames('mt-1 break-words', text)}>{children}</div>}
        {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  );
}
