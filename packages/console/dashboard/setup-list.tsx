import type { Dashboard, SetupStep } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleDashed } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { Progress } from '../design/progress.tsx';
import { routeOf } from '../session/access.ts';

/** Where each step is taken; null: outside of the console. */
const places: Record<SetupStep, string | null> = {
  model: null,
  department: routeOf.departments,
  position: routeOf.positions,
  global_layer: routeOf.soul,
  employee: routeOf.employees,
  agent: routeOf.employees,
  channel: routeOf.channelAccounts,
  first_answer: routeOf.chat,
};

/** What is left until people work with their agents. Gone when everything is done. */
export function SetupList({ steps }: { steps: NonNullable<Dashboard['setup']> }) {
  const { t } = useTranslation();
  const id = useId();
  const done = steps.filter((step) => step.done).length;
  return (
    <section aria-labelledby={id} className="rounded-lg border bg-surface p-4">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h2 id={id} className="font-medium text-sm">
          {t('dashboard.setup.title')}
        </h2>
        <p className="tabular text-ink-faint text-xs">{t('dashboard.setup.done', { done, total: steps.length })}</p>
      </div>
      <Progress label={t('dashboard.setup.title')} done={done} total={steps.length} className="mt-2" />
      <ul className="mt-3 grid grid-cols-1 gap-x-6 gap-y-1 sm:grid-cols-2">
        {steps.map(({ step, done }) => {
          const place = places[step];
          const Icon = done ? CircleCheck : CircleDashed;
          return (
            <li key={step} className="flex min-w-0 items-start gap-2 py-1 text-sm">
              <Icon
                className={done ? 'mt-0.5 size-4 shrink-0 text-good-ink' : 'mt-0.5 size-4 shrink-0 text-ink-faint'}
                aria-hidden="true"
              />
              <div className="min-w-0">
                <span className="sr-only">{done ? t('dashboard.setup.isDone') : t('dashboard.setup.isOpen')}</span>{' '}
                {place !== null && !done ? (
                  <Link
                    to={place}
                    className="font-medium underline decoration-line-strong underline-offset-2 hover:decoration-current"
                  >
                    {t(`dashboard.setup.step.${step}`)}
                  </Link>
                ) : (
                  <span className={done ? 'text-ink-faint' : 'font-medium'}>{t(`dashboard.setup.step.${step}`)}</span>
                )}
                {!done && <p className="text-ink-soft text-xs">{t(`dashboard.setup.how.${step}`)}</p>}
              </div>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
