import type { Department } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { coverageOf, moveOf, pathTo, possibleParents, rowsOf, totalsOf, treeOf } from './department-tree.ts';

const department = (id: string, parentId: string | null, employees = 0, agents = 0): Department => ({
  id,
  name: id,
  parentId,
  source: 'local',
  employees,
  employeesBelow: employees,
  positions: 1,
  agents,
});
const departments = [
  department('backend', 'engineering', 2, 1),
  department('engineering', null, 3, 3),
  department('qa', 'engineering', 2, 2),
  department('sales', null, 1),
];
const ids = (rows: readonly { department: Department }[]) => rows.map((row) => row.department.id);

describe('the tree of departments', () => {
  it('puts every department below its parent and adds up the agents', () => {
    const tree = treeOf(departments);
    expect(ids(tree)).toEqual(['engineering', 'sales']);
    expect(tree[0]).toMatchObject({ level: 1, agentsBelow: 6 });
    expect(tree[0]?.children.map(({ level }) => level)).toEqual([2, 2]);
  });

  it('has a manager’s own department on top, whose parent they do not see', () => {
    expect(ids(treeOf([department('backend', 'engineering')]))).toEqual(['backend']);
  });

  it('shows what is below only where it is open', () => {
    const tree = treeOf(departments);
    expect(ids(rowsOf(tree))).toEqual(['engineering', 'backend', 'qa', 'sales']);
    expect(ids(rowsOf(tree, new Set()))).toEqual(['engineering', 'sales']);
  });

  it('knows the way to a department', () => {
    expect(pathTo(departments, 'qa').map(({ id }) => id)).toEqual(['engineering', 'qa']);
    expect(pathTo(departments, 'gone')).toEqual([]);
  });

  it('lets nothing be moved to itself or below itself', () => {
    expect(ids(possibleParents(departments, 'engineering'))).toEqual(['sales']);
    expect(ids(possibleParents(departments, 'qa'))).toEqual(['engineering', 'backend', 'sales']);
    expect(possibleParents(departments, null)).toHaveLength(4);
  });

  it('is summed up', () => {
    expect(totalsOf(departments)).toEqual({ departments: 4, positions: 4, employees: 8, agents: 6 });
  });
});

describe('coverage', () => {
  it('is a hundred only when everybody has an agent, and nothing where there is nobody', () => {
    expect(coverageOf(999, 1000)).toBe(99);
    expect(coverageOf(3, 3)).toBe(100);
    expect(coverageOf(0, 0)).toBeNull();
  });
});

describe('the keyboard in the tree', () => {
  const tree = treeOf(departments);
  const press = (key: string, at: string, open: string[]) =>
    moveOf(key, at, rowsOf(tree, new Set(open)), new Set(open));

  it('goes down and up what is to be seen, and to its ends', () => {
    expect(press('ArrowDown', 'engineering', [])).toEqual({ go: 'sales' });
    expect(press('ArrowDown', 'engineering', ['engineering'])).toEqual({ go: 'backend' });
    expect(press('ArrowDown', 'sales', [])).toBeNull();
    expect(press('ArrowUp', 'sales', ['engineering'])).toEqual({ go: 'qa' });
    expect(press('Home', 'sales', [])).toEqual({ go: 'engineering' });
    expect(press('End', 'engineering', ['engineering'])).toEqual({ go: 'sales' });
  });

  it('opens with Right and goes in, closes with Left and goes out', () => {
    expect(press('ArrowRight', 'engineering', [])).toEqual({ open: 'engineering' });
    expect(press('ArrowRight', 'engineering', ['engineering'])).toEqual({ go: 'backend' });
    expect(press('ArrowRight', 'sales', [])).toBeNull();
    expect(press('ArrowLeft', 'qa', ['engineering'])).toEqual({ go: 'engineering' });
    expect(press('ArrowLeft', 'engineering', ['engineering'])).toEqual({ close: 'engineering' });
    expect(press('ArrowLeft', 'engineering', [])).toBeNull();
  });
});
