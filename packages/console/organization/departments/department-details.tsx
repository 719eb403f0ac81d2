import type { Department } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight, Pencil, Plus, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Notice } from '../../design/notice.tsx';
import { Skeleton } from '../../design/placeholder.tsx';
import { useFormat } from '../../format/use-format.ts';
import { Fact, Facts } from '../../tenant/card.tsx';
import { Coverage } from '../coverage.tsx';
import type { DepartmentAction } from '../departments-page.tsx';
import { linkStyle } from '../link-style.ts';
import { positionsQuery } from '../queries.ts';
import { type DepartmentNode, pathTo, rowsOf } from './department-tree.ts';

/** One department: its figures, its positions, and the ways to its people. */
export function DepartmentDetails({
  department,
  departments,
  tree,
}: {
  department: Department;
  departments: readonly Department[];
  tree: readonly DepartmentNode[];
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const above = pathTo(departments, department.id).slice(0, -1);
  const node = rowsOf(tree).find((row) => row.department.id === department.id);
  const agentsBelow = node?.agentsBelow ?? department.agents;
  const without = department.employeesBelow - agentsBelow;
  return (
    <>
      {above.length > 0 && (
        <p className="flex flex-wrap items-center gap-x-1 text-ink-soft text-sm">
          <span className="sr-only">{t('departments.below')}</span>
          {above.map(({ id, name }) => (
            <span key={id} className="inline-flex items-center gap-1">
              <Link to="/departments" search={{ department: id }} replace className={linkStyle}>
                {name}
              </Link>
              <ChevronRight className="size-3.5 text-ink-faint" aria-hidden="true" />
            </span>
          ))}
        </p>
      )}
      {department.source !== 'local' && (
        <Notice
          tone="info"
          title={t('organization.fromDirectory', { name: t(`organization.source.${department.source}`) })}
        >
          {t('departments.fromDirectory')}
        </Notice>
      )}
      <Facts>
        <Fact name={t('departments.people')}>
          <Link to="/employees" search={{ department: department.id }} className={linkStyle}>
            {node && node.children.length > 0
              ? t('departments.inAndBelow', { direct: department.employees, all: department.employeesBelow })
              : department.employees.toLocaleString(locale)}
          </Link>
        </Fact>
        <Fact name={t('departments.withoutAgent')}>
          {without > 0 ? (
            <Link to="/employees" search={{ department: department.id, with: 'no_agent' }} className={linkStyle}>
              {without.toLocaleString(locale)}
            </Link>
          ) : (
            t('departments.nobody')
          )}
        </Fact>
        <Fact name={t('departments.coverage')}>
          <Coverage agents={agentsBelow} employees={department.employeesBelow} className="h-5" />
        </Fact>
      </Facts>
      <Positions departmentId={department.id} />
    </>
  );
}

function Positions({ departmentId }: { departmentId: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(positionsQuery);
  const positions = data?.filter((position) => position.departmentId === departmentId);
  return (
    <section aria-labelledby="department-positions">
      <h3 id="department-positions" className="mb-2 font-medium text-sm">
        {t('departments.positions')}
      </h3>
      <ProblemNotice error={error} />
      {positions ? (
        positions.length === 0 ? (
          <p className="text-ink-faint text-sm">{t('departments.noPositions')}</p>
        ) : (
          <ul className="divide-y rounded-md border">
            {positions.map(({ id, name, employees, agents }) => (
              <li key={id} className="px-3 py-2 text-sm">
                <Link to="/employees" search={{ position: id }} className={linkStyle}>
                  {name}
                </Link>
                <span className="block text-ink-faint text-xs">
                  {t('organization.withAgents', { agents, count: employees })}
                </span>
              </li>
            ))}
          </ul>
        )
      ) : (
        !error && <Skeleton className="h-16 rounded-md" />
      )}
    </section>
  );
}

/** What may be done with it. A directory's departments are named and placed there. */
export function DepartmentActions({
  department,
  onAction,
}: {
  department: Department;
  onAction: (action: DepartmentAction) => void;
}) {
  const { t } = useTranslation();
  const own = department.source === 'local';
  return (
    <>
      {own && (
        <Button size="sm" onClick={() => onAction({ kind: 'change', department })}>
          <Pencil aria-hidden="true" />
          {t('departments.change')}
        </Button>
      )}
      <Button size="sm" onClick={() => onAction({ kind: 'create', parentId: department.id })}>
        <Plus aria-hidden="true" />
        {t('departments.addBelow')}
      </Button>
      {own && (
        <Button
          size="icon-sm"
          kind="ghost"
          className="ms-auto"
          aria-label={t('organization.delete')}
          title={t('organization.delete')}
          onClick={() => onAction({ kind: 'remove', department })}
        >
          <Trash2 aria-hidden="true" />
        </Button>
      )}
    </>
  );
}
