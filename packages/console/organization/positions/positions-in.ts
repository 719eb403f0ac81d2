import type { Department, Position } from '@clawpool/contracts';
import { rowsOf, treeOf } from '../departments/department-tree.ts';
import type { PositionsView } from '../views.ts';

/** The positions of a department and everything below it whose name, tier or department has what is searched for. */
export function positionsIn(
  positions: readonly Position[],
  departments: readonly Department[],
  { search, department }: PositionsView,
): Position[] {
  const wanted = search?.toLowerCase();
  const top = department && rowsOf(treeOf(departments)).find((row) => row.department.id === department);
  const within = top ? new Set(rowsOf([top]).map((row) => row.department.id)) : null;
  return positions.filter(
    (position) =>
      (within === null || within.has(position.departmentId)) &&
      (wanted === undefined ||
        [position.name, position.department, position.tier].some((text) => text.toLowerCase().includes(wanted))),
  );
}
