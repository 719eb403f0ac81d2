import type { Department, Position } from '@clawpool/contracts';
import { expect, it } from 'vitest';
import { positionsIn } from './positions-in.ts';

const department = (id: string, parentId: string | null) => ({ id, name: id, parentId }) as Department;
const position = (name: string, departmentId: string, tier: string) =>
  ({ id: name, name, departmentId, department: departmentId, tier }) as Position;

const departments = [department('engineering', null), department('qa', 'engineering'), department('sales', null)];
const positions = [
  position('Architect', 'engineering', 'Executive'),
  position('Tester', 'qa', 'Standard'),
  position('Account Executive', 'sales', 'Standard'),
];
const found = (view: Parameters<typeof positionsIn>[2]) =>
  positionsIn(positions, departments, view).map(({ name }) => name);

it('positions are found by their department and those below, and by words', () => {
  expect(found({})).toHaveLength(3);
  expect(found({ department: 'engineering' })).toEqual(['Architect', 'Tester']);
  expect(found({ search: 'executive' })).toEqual(['Architect', 'Account Executive']);
  expect(found({ search: 'executive', department: 'sales' })).toEqual(['Account Executive']);
});
