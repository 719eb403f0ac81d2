import type { Employee } from '@clawpool/contracts';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CirclePause, CirclePlay, Ellipsis, KeyRound, Pencil, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { Menu, MenuItem, MenuLine } from '../../design/menu.tsx';
import { useFormat, useNow } from '../../format/use-format.ts';
import { linkStyle } from '../link-style.ts';
import { SourceTag } from '../source-tag.tsx';
import { actionsFor } from './actions.ts';
import type { PersonAction } from './employee-overlay.tsx';
import { RoleTags, Suspended } from './person-tags.tsx';

const columns =
  'grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1 px-4 md:grid-cols-[minmax(0,1.3fr)_minmax(0,1.1fr)_minmax(0,1fr)_2rem]';

/** What stands in columns beside the name stands in lines below it on phones. */
const below = 'min-w-0 max-md:col-start-1 max-md:flex max-md:flex-wrap max-md:items-baseline max-md:gap-x-2';

/** People as rows: who, what, and whether they have an agent. The name opens everything else. */
export function EmployeeRows({
  employees,
  mayChange,
  onAction,
}: {
  employees: readonly Employee[];
  mayChange: boolean;
  onAction: (action: PersonAction) => void;
}) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  return (
    <div className="overflow-hidden rounded-lg border bg-surface">
      <div aria-hidden="true" className={`${columns} border-b bg-sunken py-2.5 text-ink-soft text-sm max-md:hidden`}>
        <span>{t('employees.person')}</span>
        <span>{t('employees.position')}</span>
        <span>{t('employees.agent')}</span>
      </div>
      <ul aria-label={t('employees.title')}>
        {employees.map((employee) => (
          <li
            key={employee.id}
            data-testid="employee"
            data-name={employee.name}
            className={`${columns} items-center border-b py-3 text-sm last:border-0`}
          >
            <Identity employee={employee} />
            <div className={below}>
              <p className="truncate">
                {employee.position ?? <span className="text-warn-ink">{t('employees.noPosition')}</span>}
              </p>
              <p className="truncate text-ink-faint text-xs">{employee.department}</p>
            </div>
            <div className={below}>
              <AgentOf employee={employee} now={now} />
            </div>
            <div className="max-md:col-start-2 max-md:row-start-1">
              {mayChange && <Actions employee={employee} onAction={onAction} />}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Identity({ employee }: { employee: Employee }) {
  return (
    <div className="min-w-0">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Link
          from="/employees"
          to="/employees"
          search={(before) => ({ ...before, person: employee.id })}
          replace
          className="min-w-0 truncate rounded-xs font-medium hover:text-accent-ink hover:underline"
        >
          {employee.name}
        </Link>
        <RoleTags roles={employee.roles} />
        <SourceTag source={employee.source} />
        {!employee.active && <Suspended />}
      </p>
      <p className="truncate text-ink-faint text-xs">
        {employee.number} · {employee.email}
      </p>
    </div>
  );
}

function AgentOf({ employee, now }: { employee: Employee; now: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (employee.tenantId === null) return <p className="text-ink-faint">{t('employees.noAgent')}</p>;
  const at = employee.lastActiveAt === null ? null : Date.parse(employee.lastActiveAt);
  return (
    <>
      <Link to="/tenants/$tenantId" params={{ tenantId: employee.tenantId }} className={linkStyle}>
        {t('employees.hasAgent')}
        <span className="sr-only"> {t('employees.of', { name: employee.name })}</span>
      </Link>
      <p className="truncate text-ink-faint text-xs">
        {at === null ? (
          t('employees.neverActive')
        ) : (
          <time dateTime={employee.lastActiveAt ?? undefined} title={format.full(at)}>
            {t('employees.active', { ago: format.ago(at, now) })}
          </time>
        )}
      </p>
    </>
  );
}

function Actions({ employee, onAction }: { employee: Employee; onAction: (action: PersonAction) => void }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const may = actionsFor(me, employee);
  return (
    <Menu
      align="end"
      trigger={
        <Button
          kind="ghost"
          size="icon-sm"
          aria-label={t('organization.actionsFor', { name: employee.name })}
          className="-me-2"
        >
          <Ellipsis aria-hidden="true" />
        </Button>
      }
    >
      <MenuItem icon={<Pencil />} onSelect={() => onAction({ kind: 'change', employee })}>
        {t('organization.change')}
      </MenuItem>
      {may.includes('password') && (
        <MenuItem icon={<KeyRound />} onSelect={() => onAction({ kind: 'password', employee })}>
          {t('employees.resetPassword')}
        </MenuItem>
      )}
      {may.includes('suspend') && (
        <MenuItem
          icon={employee.active ? <CirclePause /> : <CirclePlay />}
          onSelect={() => onAction({ kind: 'suspend', employee })}
        >
          {t(employee.active ? 'employees.suspend' : 'employees.letIn')}
        </MenuItem>
      )}
      {may.includes('remove') && (
        <>
          <MenuLine />
          <MenuItem icon={<Trash2 />} danger onSelect={() => onAction({ kind: 'remove', employee })}>
            {t('organization.delete')}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
