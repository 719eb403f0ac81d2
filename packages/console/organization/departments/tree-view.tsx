import { ChevronRight, ChevronsDownUp, ChevronsUpDown } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/button.tsx';
import { classNames } from '../../design/class-names.ts';
import { useFormat } from '../../format/use-format.ts';
import { Coverage, usePercent } from '../coverage.tsx';
import { SourceTag } from '../source-tag.tsx';
import { coverageOf, type DepartmentNode, moveOf, rowsOf } from './department-tree.ts';

/** More than these are shown folded at first. */
const mostUnfolded = 60;
const rowStyle =
  'grid grid-cols-[minmax(0,1fr)_2.75rem_3rem] items-center gap-x-2 sm:gap-x-5 px-3 sm:grid-cols-[minmax(0,1fr)_3.5rem_3.5rem_7.5rem]';

/**
 * The departments as a tree: arrow keys move, open and close; Enter chooses. Figures are of a department and everything below it.
 */
export function DepartmentTree({
  tree,
  chosen,
  onChoose,
}: {
  tree: readonly DepartmentNode[];
  chosen: string | undefined;
  onChoose: (departmentId: string) => void;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const percent = usePercent();
  const all = rowsOf(tree);
  const parents = all.filter(({ children }) => children.length > 0).map(({ department }) => department.id);
  const [unfolded, setUnfolded] = useState<ReadonlySet<string> | null>(null);
  const open = unfolded ?? new Set(all.length <= mostUnfolded ? parents : []);
  const rows = rowsOf(tree, open);
  const [focused, setFocused] = useState<string | null>(null);
  const items = useRef(new Map<string, HTMLElement>());
  const has = (id: string | null | undefined) => rows.some(({ department }) => department.id === id);
  // One row takes the keyboard: where it was, else the chosen one, else the first.
  const inTabOrder = has(focused) ? focused : has(chosen) ? chosen : rows[0]?.department.id;

  const toggle = (id: string, isOpen: boolean) => {
    const next = new Set(open);
    if (isOpen) next.add(id);
    else next.delete(id);
    setUnfolded(next);
  };
  const onKeyDown = (event: KeyboardEvent, id: string) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onChoose(id);
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = moveOf(event.key, id, rows, open);
    if (move === null) return;
    event.preventDefault();
    if ('go' in move) items.current.get(move.go)?.focus();
    else if ('open' in move) toggle(move.open, true);
    else toggle(move.close, false);
  };
  const allOpen = parents.every((id) => open.has(id));

  return (
    <div className="min-w-0 overflow-hidden rounded-lg border bg-surface">
      <div className={classNames(rowStyle, 'h-11 border-b bg-sunken text-ink-soft text-sm')}>
        <span className="flex min-w-0 items-center gap-1">
          <span className="truncate">{t('departments.columns.name')}</span>
          {parents.length > 0 && (
            <Button
              kind="ghost"
              size="icon-sm"
              aria-label={t(allOpen ? 'departments.foldAll' : 'departments.unfoldAll')}
              title={t(allOpen ? 'departments.foldAll' : 'departments.unfoldAll')}
              onClick={() => setUnfolded(new Set(allOpen ? [] : parents))}
            >
              {allOpen ? <ChevronsDownUp aria-hidden="true" /> : <ChevronsUpDown aria-hidden="true" />}
            </Button>
          )}
        </span>
        <span className="text-end">{t('departments.columns.people')}</span>
        <span className="text-end">{t('departments.columns.agents')}</span>
        <span className="max-sm:hidden">{t('departments.coverage')}</span>
      </div>
      <div role="tree" aria-label={t('departments.tree')} className="p-1.5">
        {rows.map((row) => {
          const { department, level, children, agentsBelow } = row;
          const isOpen = children.length > 0 && open.has(department.id);
          const isChosen = department.id === chosen;
          return (
            <div
              key={department.id}
              ref={(element) => {
                if (element) items.current.set(department.id, element);
                else items.current.delete(department.id);
              }}
              role="treeitem"
              data-testid="department"
              data-name={department.name}
              tabIndex={department.id === inTabOrder ? 0 : -1}
              aria-level={level}
              aria-selected={isChosen}
              {...(children.length > 0 ? { 'aria-expanded': isOpen } : {})}
              aria-label={t('departments.row', {
                name: department.name,
                people: department.employeesBelow,
                agents: agentsBelow,
                share: percent(coverageOf(agentsBelow, department.employeesBelow) ?? 0),
              })}
              onFocus={() => setFocused(department.id)}
              onClick={() => onChoose(department.id)}
              onKeyDown={(event) => onKeyDown(event, department.id)}
              className={classNames(
                rowStyle,
                'min-h-10 cursor-pointer rounded-md px-1.5 -outline-offset-2 transition-colors hover:bg-hover',
                isChosen && 'bg-pressed font-medium',
              )}
            >
              <span className="flex min-w-0 items-center" style={{ paddingInlineStart: `${(level - 1) * 1.25}rem` }}>
                {/* A mouse's way to what the arrow keys do; the tree item says whether it is open. */}
                {children.length > 0 ? (
                  // biome-ignore lint/a11y/noStaticElementInteractions: the tree item has the keyboard
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the tree item has the keyboard
                  <span
                    data-testid="fold"
                    className="grid size-8 shrink-0 place-items-center rounded-md text-ink-faint hover:bg-pressed hover:text-ink"
                    onClick={(event) => {
                      event.stopPropagation();
                      toggle(department.id, !isOpen);
                    }}
                  >
                    <ChevronRight
                      aria-hidden="true"
                      className={classNames('size-4 transition-transform', isOpen && 'rotate-90')}
                    />
                  </span>
                ) : (
                  <span className="size-8 shrink-0" />
                )}
                <span className="me-2 truncate">{department.name}</span>
                <SourceTag source={department.source} />
              </span>
              <span className="tabular text-end text-ink-soft text-sm">
                {department.employeesBelow.toLocaleString(locale)}
              </span>
              <span className="tabular text-end text-ink-soft text-sm">{agentsBelow.toLocaleString(locale)}</span>
              <Coverage agents={agentsBelow} employees={department.employeesBelow} className="max-sm:hidden" />
            </div>
          );
        })}
      </div>
      <p className="border-t px-4 py-2.5 text-ink-faint text-xs">{t('departments.treeNote')}</p>
    </div>
  );
}
