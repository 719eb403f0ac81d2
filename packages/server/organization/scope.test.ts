import { describe, expect, test } from 'vitest';
import { departmentsInScope, subtree } from './scope.ts';

const departments = [
  { id: 'company', parentId: null },
  { id: 'engineering', parentId: 'company' },
  { id: 'backend', parentId: 'engineering' },
  { id: 'storage', parentId: 'backend' },
  { id: 'sales', parentId: 'company' },
];

describe('what a person sees', () => {
  test.each(['operator', 'admin', 'auditor'] as const)('is everything for an %s, whatever else they are', (role) => {
    expect(departmentsInScope({ roles: ['manager', role] }, 'backend', departments)).toBeNull();
  });

  test('is the own department and all below it for a manager', () => {
    expect(departmentsInScope({ roles: ['manager', 'employee'] }, 'engineering', departments)).toEqual([
      'engineering',
      'backend',
      'storage',
    ]);
  });

  test('is nothing for a manager without a department, and for employees', () => {
    expect(departmentsInScope({ roles: ['manager'] }, null, departments)).toEqual([]);
    expect(departmentsInScope({ roles: ['employee'] }, 'engineering', departments)).toEqual([]);
  });

  test('ends where departments are each other’s parents', () => {
    const circle = [
      { id: 'a', parentId: 'b' },
      { id: 'b', parentId: 'a' },
    ];
    expect(subtree('a', circle)).toEqual(['a', 'b']);
  });
});
