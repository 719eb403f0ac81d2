import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';

/** One part of what is known of a tenant, with a button to change it where the person may. */
export function Card({
  title,
  change,
  onChange,
  children,
}: {
  title: string;
  /** What the button says, for whoever hears it without the title. */
  change?: string;
  /** Null: it cannot be changed, or not by this person. */
  onChange?: (() => void) | null;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <section aria-label={title} className="min-w-0 rounded-lg border bg-surface p-4">
      <div className="mb-3 flex min-h-8 items-center justify-between gap-3">
        <h2 className="font-semibold">{title}</h2>
        {onChange && (
          <Button size="sm" kind="ghost" aria-label={change} className="-me-2" onClick={onChange}>
            {t('tenant.change')}
          </Button>
        )}
      </div>
      {children}
    </section>
  );
}

export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid gap-x-6 text-sm sm:gap-y-2 sm:grid-cols-[minmax(7rem,max-content)_minmax(0,1fr)]">
      {children}
    </dl>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-ink-faint max-sm:mt-2 max-sm:text-xs">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
