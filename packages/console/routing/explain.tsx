import { type Origin, type Resolution, tenantState } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, Minus } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { classNames } from '../design/class-names.ts';
import { SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { StateBadge } from '../design/state-badge.tsx';
import { useOriginName } from '../sessions/session-badges.tsx';
import { Fact, Facts } from '../tenant/card.tsx';
import { employeesQuery } from '../tenants/queries.ts';
import { assignmentsQuery, resolutionQuery } from './queries.ts';
import { explainedOrigins, type RoutingView } from './routing-view.ts';

/** Where a message of an employee would go, step by step, and which step decides. */
export function Explain({ view, onView }: { view: RoutingView; onView: (parts: RoutingView) => void }) {
  const { t } = useTranslation();
  const originName = useOriginName();
  const { data: employees, error: peopleError } = useQuery(employeesQuery);
  const { data: assignments = [] } = useQuery(assignmentsQuery);
  const teams = assignments.filter((team) => team.employees.some(({ id }) => id === view.employee));
  return (
    <div className="grid grid-cols-1 gap-5">
      <p className="max-w-2xl text-ink-soft text-sm">{t('routing.explainText')}</p>
      <div className="grid grid-cols-1 gap-4 rounded-lg border bg-surface p-4 sm:grid-cols-3 sm:p-5">
        <SelectField
          label={t('routing.employee')}
          value={view.employee ?? ''}
          onChange={(event) => onView({ employee: event.target.value || undefined, tenant: undefined })}
        >
          <option value="">{t('routing.choose')}</option>
          {employees?.map(({ id, name, position }) => (
            <option key={id} value={id}>
              {position === null ? name : `${name}, ${position}`}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('routing.wayIn')}
          value={view.origin ?? 'portal'}
          onChange={(event) =>
            onView({ origin: event.target.value === 'portal' ? undefined : (event.target.value as Origin) })
          }
        >
          {explainedOrigins.map((way) => (
            <option key={way} value={way}>
              {originName(way)}
            </option>
          ))}
        </SelectField>
        <SelectField
          label={t('routing.chosenTeam')}
          value={view.tenant ?? ''}
          disabled={teams.length === 0}
          hint={view.employee !== undefined && teams.length === 0 ? t('routing.inNoTeam') : undefined}
          onChange={(event) => onView({ tenant: event.target.value || undefined })}
        >
          <option value="">{t('routing.noTeamChosen')}</option>
          {teams.map(({ tenantId, tenantName }) => (
            <option key={tenantId} value={tenantId}>
              {tenantName}
            </option>
          ))}
        </SelectField>
      </div>
      <ProblemNotice error={peopleError} />
      {view.employee !== undefined && (
        <Answer employeeId={view.employee} origin={view.origin ?? 'portal'} tenantId={view.tenant} />
      )}
    </div>
  );
}

function Answer(question: { employeeId: string; origin: Origin; tenantId: string | undefined }) {
  const { t } = useTranslation();
  const { data: resolution, error } = useQuery(resolutionQuery(question));
  if (!resolution) {
    return error ? (
      <ProblemNotice error={error} title={t('routing.explainFailed')} />
    ) : (
      <Skeleton className="h-64 rounded-lg" />
    );
  }
  return (
    <div
      className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]"
      data-testid="resolution"
    >
      {error && <ProblemNotice error={error} />}
      <Steps steps={resolution.steps} />
      <Outcome resolution={resolution} />
    </div>
  );
}

function Steps({ steps }: Pick<Resolution, 'steps'>) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="steps" className="rounded-lg border bg-surface p-4 sm:p-5">
      <h2 id="steps" className="mb-3 font-semibold">
        {t('routing.steps')}
      </h2>
      <ol className="grid grid-cols-1 gap-1">
        {steps.map(({ step, decided, detail }) => (
          <li
            key={`${step} ${detail}`}
            data-testid="step"
            data-decided={decided || undefined}
            className={classNames('flex gap-3 rounded-md p-3 text-sm', decided && 'bg-accent-soft')}
          >
            <span
              aria-hidden="true"
              className={classNames(
                'mt-0.5 grid size-5 shrink-0 place-items-center rounded-full',
                decided ? 'bg-accent text-on-accent' : 'border border-line-strong text-ink-faint',
              )}
            >
              {decided ? <Check className="size-3.5" /> : <Minus className="size-3" />}
            </span>
            <div className="min-w-0">
              <p className="font-medium">
                {t(`routing.step.${step}`)}
                {decided && <span className="ms-2 font-semibold text-accent-ink text-xs">{t('routing.decides')}</span>}
              </p>
              <p className="break-words text-ink-soft">{detail}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Outcome({ resolution: { employee, tenant, tier, session } }: { resolution: Resolution }) {
  const { t } = useTranslation();
  const state = tenantState.options.find((one) => one === tenant?.state);
  return (
    <section
      aria-labelledby="outcome"
      className="grid grid-cols-1 min-w-0 gap-3 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <h2 id="outcome" className="font-semibold">
        {t('routing.outcome')}
      </h2>
      {tenant === null && <Notice tone="warn" title={t('routing.nobodyAnswers')} />}
      <Facts>
        <Fact name={t('routing.employee')}>
          {employee.name}
          <span className="block text-ink-faint text-xs">
            {employee.position}, {employee.department}
          </span>
        </Fact>
        {tenant && (
          <Fact name={t('routing.answers')}>
            <Link
              to="/tenants/$tenantId"
              params={{ tenantId: tenant.id }}
              className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
            >
              {tenant.name}
            </Link>
            {state && (
              <span className="ms-2">
                <StateBadge state={state} label={t(`tenants.state.${state}`)} />
              </span>
            )}
            {tenant.team && <span className="block text-ink-faint text-xs">{t('routing.team')}</span>}
          </Fact>
        )}
        {tier && (
          <Fact name={t('routing.tier')}>
            {tier.alwaysOn ? t('routing.alwaysOnTier', { name: tier.name }) : tier.name}
          </Fact>
        )}
        {session && (
          <Fact name={t('routing.session')}>
            <code className="break-all font-mono text-xs">{session}</code>
          </Fact>
        )}
      </Facts>
    </section>
  );
}
