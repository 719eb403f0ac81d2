import type { Department } from '@clawpool/contracts';

/** A department in its place, with the agents of everybody below it. */
export interface DepartmentNode {
  department: Department;
  /** From 1. */
  level: number;
  agentsBelow: number;
  children: readonly DepartmentNode[];
}

/** The tree of a list. A department whose parent is not in the list (a manager's own) stands on top. */
export function treeOf(departments: readonly Department[]): DepartmentNode[] {
  const ids = new Set(departments.map(({ id }) => id));
  const childrenOf = Map.groupBy(departments, ({ parentId }) =>
    parentId !== null && ids.has(parentId) ? parentId : null,
  );
  const below = (parentId: string | null, level: number): DepartmentNode[] =>
    (childrenOf.get(parentId) ?? []).map((department) => {
      const children = below(department.id, level + 1);
      const agentsBelow = children.reduce((sum, child) => sum + child.agentsBelow, department.agents);
      return { department, level, agentsBelow, children };
    });
  return below(null, 1);
}

/** Every node, a parent before its children: the order of a select. With `open`: only what is not folded away. */
export function rowsOf(nodes: readonly DepartmentNode[], open?: ReadonlySet<string>): DepartmentNode[] {
  return nodes.flatMap((node) => [
    node,
    ...(open === undefined || open.has(node.department.id) ? rowsOf(node.children, open) : []),
  ]);
}

/** From the top down to it; empty when it is not in the list. */
export function pathTo(departments: readonly Department[], id: string): Department[] {
  const department = departments.find((one) => one.id === id);
  if (!department) return [];
  return [...(department.parentId === null ? [] : pathTo(departments, department.parentId)), department];
}

/** Where a department can be moved: everywhere but to itself and below itself. */
export function possibleParents(departments: readonly Department[], id: string | null): DepartmentNode[] {
  const rows = rowsOf(treeOf(departments));
  if (id === null) return rows;
  const own = rows.find(({ department }) => department.id === id);
  const excluded = new Set(own ? rowsOf([own]) : []);
  return rows.filter((row) => !excluded.has(row));
}

/** Figures of all that the list has. */
export function totalsOf(departments: readonly Department[]) {
  const sum = (of: (department: Department) => number) => departments.reduce((all, one) => all + of(one), 0);
  return {
    departments: departments.length,
    positions: sum(({ positions }) => positions),
    employees: sum(({ employees }) => employees),
    agents: sum(({ agents }) => agents),
  };
}

/** How many of a hundred have an agent, rounded down: 100 means everybody. Null: there is nobody. */
export const coverageOf = (agents: number, employees: number): number | null =>
  employees === 0 ? null : Math.min(100, Math.floor((agents / employees) * 100));

/** What a key does in a tree: https://www.w3.org/WAI/ARIA/apg/patterns/treeview/#keyboardinteraction */
export type TreeMove = { go: string } | { open: string } | { close: string } | null;

/** `rows`: what is to be seen, from the top. `at`: where the keyboard is. */
export function moveOf(key: string, at: string, rows: readonly DepartmentNode[], open: ReadonlySet<string>): TreeMove {
  const index = rows.findIndex(({ department }) => department.id === at);
  const row = rows[index];
  const go = (target: DepartmentNode | undefined): TreeMove => (target ? { go: target.department.id } : null);
  if (!row) return null;
  const isOpen = row.children.length > 0 && open.has(at);
  switch (key) {
    case 'ArrowDown':
      return go(rows[index + 1]);
    case 'ArrowUp':
      return go(rows[index - 1]);
    case 'Home':
      return go(rows[0]);
    case 'End':
      return go(rows.at(-1));
    case 'ArrowRight':
      if (row.children.length === 0) return null;
      return isOpen ? go(rows[index + 1]) : { open: at };
    case 'ArrowLeft':
      if (isOpen) return { close: at };
      return go(rows.slice(0, index).findLast(({ level }) => level < row.level));
    default:
      return null;
  }
}
