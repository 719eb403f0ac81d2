import type { EmployeeDetail } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CirclePause, CirclePlay, KeyRound, Pencil, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { meQuery } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { CopyButton } from '../../design/copy-button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Notice } from '../../design/notice.tsx';
import { Skeleton } from '../../design/placeholder.tsx';
import { useFormat, useNow } from '../../format/use-format.ts';
import { Fact, Facts } from '../../tenant/card.tsx';
import { nameOfChannel } from '../channel-name.ts';
import { linkStyle } from '../link-style.ts';
import { employeeQuery } from '../queries.ts';
import { SoulLink } from '../soul-link.tsx';
import { SourceTag } from '../source-tag.tsx';
import { actionsFor } from './actions.ts';
import type { PersonAction } from './employee-overlay.tsx';
import { GiveAgent } from './give-agent.tsx';
import { RoleTags, Suspended } from './person-tags.tsx';
import { WeekBars } from './week-bars.tsx';

/** Everything about one person, and the ways to their agent. */
export function EmployeeDetails({
  employeeId,
  mayChange,
  onAction,
  onClose,
}: {
  employeeId: string;
  mayChange: boolean;
  onAction: (action: PersonAction) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { data: employee, error } = useQuery(employeeQuery(employeeId));
  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={employee?.name ?? t('employees.details')}
      description={
        employee && (
          <span className="flex flex-wrap items-center gap-2">
            {employee.position ?? t('employees.noPosition')} · {employee.department}
            <RoleTags roles={employee.roles} />
            <SourceTag source={employee.source} />
            {!employee.active && <Suspended />}
          </span>
        )
      }
      footer={
        employee && mayChange ? (
          <Actions employee={employee} onAction={onAction} />
        ) : (
          <Button onClick={onClose}>{t('common.close')}</Button>
        )
      }
    >
      {employee ? (
        <div data-testid="employee-details" className="grid grid-cols-1 gap-6">
          {error && <ProblemNotice error={error} title={t('organization.stale')} />}
          {employee.source !== 'local' && (
            <Notice
              tone="info"
              title={t('organization.fromDirectory', { name: t(`organization.source.${employee.source}`) })}
            >
              {t('employees.fromDirectory')}
            </Notice>
          )}
          <div className="grid grid-cols-1 gap-6 sm:grid-cols-2">
            <Part title={t('employees.identity')}>
              <Identity employee={employee} />
            </Part>
            <div className="grid grid-cols-1 content-start gap-6">
              <Part title={t('employees.agent')}>
                <Agent employee={employee} mayChange={mayChange} />
              </Part>
              <Part title={t('employees.channels')}>
                <Channels channels={employee.channels} />
              </Part>
            </div>
          </div>
          <Part
            title={t('employees.messages', {
              count: employee.messagesLastWeek.reduce((sum, { messages }) => sum + messages, 0),
            })}
          >
            <WeekBars days={employee.messagesLastWeek} />
          </Part>
        </div>
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-64 rounded-lg" />
      )}
    </Dialog>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0">
      <h3 className="mb-2 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Identity({ employee }: { employee: EmployeeDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Facts>
      <Fact name={t('employees.email')}>
        <span className="flex min-w-0 items-center gap-1">
          <span className="min-w-0 break-all">{employee.email}</span>
          <CopyButton text={employee.email} label={t('employees.copyEmail')} className="-my-1.5" />
        </span>
      </Fact>
      <Fact name={t('employees.number')}>{employee.number}</Fact>
      <Fact name={t('employees.manager')}>
        {employee.manager ? (
          <Link
            from="/employees"
            to="/employees"
            search={(before) => ({ ...before, person: employee.manager?.id })}
            replace
            className={linkStyle}
          >
            {employee.manager.name}
          </Link>
        ) : (
          t('employees.noManager')
        )}
      </Fact>
      <Fact name={t('employees.roles')}>
        {employee.roles.map((role) => t(`roles.${role}`)).join(', ')}
        {employee.permissions.includes('policy') && (
          <span className="block text-ink-faint text-xs">{t('employees.policy')}</span>
        )}
      </Fact>
      <Fact name={t('organization.contactFor')}>{employee.contactFor.join(', ') || t('common.none')}</Fact>
      <Fact name={t('employees.signIn')}>{t(employee.signsIn ? 'employees.signsIn' : 'employees.neverSignsIn')}</Fact>
      <Fact name={t('employees.since')}>
        <time dateTime={employee.createdAt}>{format.date(Date.parse(employee.createdAt))}</time>
      </Fact>
    </Facts>
  );
}

function Agent({ employee, mayChange }: { employee: EmployeeDetail; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  if (employee.tenantId === null) {
    if (mayChange && employee.active && employee.positionId !== null) return <GiveAgent employee={employee} />;
    return (
      <p className="text-ink-soft text-sm">
        {t('employees.noAgentYet')}{' '}
        <Link to="/assignments" search={{ search: employee.number }} className={linkStyle}>
          {t('employees.toAssignments')}
        </Link>
      </p>
    );
  }
  const at = employee.lastActiveAt === null ? null : Date.parse(employee.lastActiveAt);
  return (
    <ul className="grid grid-cols-1 gap-1.5 text-sm">
      <li>
        <Link to="/tenants/$tenantId" params={{ tenantId: employee.tenantId }} className={linkStyle}>
          {t('employees.openAgent')}
        </Link>
        <span className="ms-2 text-ink-faint text-xs">
          {at === null ? t('employees.neverActive') : t('employees.active', { ago: format.ago(at, now) })}
        </span>
      </li>
      <li>
        <SoulLink scope="personal" ownerId={employee.id}>
          {t('employees.personalLayer')}
        </SoulLink>
      </li>
      <li>
        <Link to="/routing" search={{ tab: 'explain', employee: employee.id }} className={linkStyle}>
          {t('employees.explain')}
        </Link>
      </li>
    </ul>
  );
}

function Channels({ channels }: Pick<EmployeeDetail, 'channels'>) {
  const { t } = useTranslation();
  if (channels.length === 0) return <p className="text-ink-soft text-sm">{t('employees.noChannels')}</p>;
  return (
    <ul className="grid grid-cols-1 gap-1.5 text-sm">
      {channels.map(({ channel, accountName, displayName }) => (
        <li key={`${channel} ${accountName} ${displayName}`} className="min-w-0 break-words">
          {nameOfChannel(channel)}
          <span className="text-ink-faint">
            {' '}
            · {t('employees.pairedAs', { name: displayName, account: accountName })}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Actions({ employee, onAction }: { employee: EmployeeDetail; onAction: (action: PersonAction) => void }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const may = actionsFor(me, employee);
  return (
    <>
      {may.includes('remove') && (
        <Button className="me-auto" onClick={() => onAction({ kind: 'remove', employee })}>
          <Trash2 aria-hidden="true" />
          {t('organization.delete')}
        </Button>
      )}
      {may.includes('suspend') && (
        <Button onClick={() => onAction({ kind: 'suspend', employee })}>
          {employee.active ? <CirclePause aria-hidden="true" /> : <CirclePlay aria-hidden="true" />}
          {t(employee.active ? 'employees.suspend' : 'employees.letIn')}
        </Button>
      )}
      {may.includes('password') && (
        <Button onClick={() => onAction({ kind: 'password', employee })}>
          <KeyRound aria-hidden="true" />
          {t('employees.resetPassword')}
        </Button>
      )}
      <Button kind="primary" onClick={() => onAction({ kind: 'change', employee })}>
        <Pencil aria-hidden="true" />
        {t('organization.change')}
      </Button>
    </>
  );
}
