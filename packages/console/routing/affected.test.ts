import { describe, expect, it } from 'vitest';
import { affectedBy, positionsOf } from './affected.ts';

const employees = [
  { id: 'carol', positionId: 'finance', position: 'Finance Analyst' },
  { id: 'dan', positionId: 'finance', position: 'Finance Analyst' },
  { id: 'ryan', positionId: 'engineer', position: 'Engineer' },
];

describe('how many people a rule decides for', () => {
  it('one for an employee’s own, all of a position, everybody for the organization', () => {
    expect(affectedBy('employee', 'carol', employees, [])).toBe(1);
    expect(affectedBy('position', 'finance', employees, [])).toBe(2);
    expect(affectedBy('organization', '', employees, [])).toBe(3);
  });

  it('leaves out who has a narrower rule', () => {
    const rules = [
      { scope: 'employee' as const, ownerId: 'carol' },
      { scope: 'position' as const, ownerId: 'engineer' },
    ];
    expect(affectedBy('position', 'finance', employees, rules)).toBe(1);
    expect(affectedBy('organization', '', employees, rules)).toBe(1);
  });

  it('counts the same when the rule is there already', () => {
    expect(affectedBy('position', 'finance', employees, [{ scope: 'position', ownerId: 'finance' }])).toBe(2);
    expect(affectedBy('organization', '', employees, [{ scope: 'organization', ownerId: '' }])).toBe(3);
  });
});

it('positions are named once, by name', () => {
  expect(positionsOf(employees)).toEqual([
    { id: 'engineer', name: 'Engineer' },
    { id: 'finance', name: 'Finance Analyst' },
  ]);
});
