import type { ComponentProps } from 'react';
import { SelectField } from '../design/form-fields.tsx';
import type { DepartmentNode } from './departments/department-tree.ts';

/** One em per level: a select shows no other indentation. */
const indent = '\u2003';

/** Chooses a department; those below others are indented. */
export function DepartmentField({
  rows,
  empty,
  ...rest
}: Omit<ComponentProps<typeof SelectField>, 'children'> & {
  rows: readonly DepartmentNode[];
  /** What it says while none is chosen. */
  empty: string;
}) {
  return (
    <SelectField {...rest}>
      <option value="">{empty}</option>
      <DepartmentOptions rows={rows} />
    </SelectField>
  );
}

export function DepartmentOptions({ rows }: { rows: readonly DepartmentNode[] }) {
  return rows.map(({ department, level }) => (
    <option key={department.id} value={department.id}>
      {indent.repeat(level - 1)}
      {department.name}
    </option>
  ));
}
