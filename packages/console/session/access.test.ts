import type { Me } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { homeOf, isOperator, mayChangePool, pagesOf, safeNext } from './access.ts';

const employee = { id: 'emp-carol', position: 'Finance Analyst', department: 'Finance' };
const person = (roles: Me['roles'], withAgent = true) => ({ roles, employee: withAgent ? employee : null });

describe('the sidebar', () => {
  it.each([
    [person(['employee']), ['chat']],
    [person(['manager']), ['chat', 'tenants']],
    [person(['operator'], false), ['tenants', 'templates', 'backups', 'pool', 'loadTest']],
    [person(['admin']), ['chat', 'tenants', 'templates', 'backups', 'pool', 'audit']],
    [person(['admin'], false), ['tenants', 'templates', 'backups', 'pool', 'audit']],
    [person(['auditor'], false), ['tenants', 'templates', 'backups', 'pool', 'audit']],
    [person(['employee'], false), ['chat']],
  ])('%j sees %j', (me, expected) => {
    expect(pagesOf(me)).toEqual(expected);
    expect(homeOf(me)).toBe(expected[0]);
  });
});

describe('buttons that change something', () => {
  it('are for operators and admins, and the operators’ own for operators', () => {
    const allowed = (['operator', 'admin', 'manager', 'employee', 'auditor'] as const).map((role) => [
      role,
      mayChangePool(person([role])),
      isOperator(person([role])),
    ]);
    expect(allowed).toEqual([
      ['operator', true, true],
      ['admin', true, false],
      ['manager', false, false],
      ['employee', false, false],
      ['auditor', false, false],
    ]);
  });
});

describe('the way back after signing in', () => {
  it('leads to pages of this site only', () => {
    expect(safeNext('/chat/c1?x=1')).toBe('/chat/c1?x=1');
    for (const planted of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '']) {
      expect(safeNext(planted)).toBeNull();
    }
  });

  it('does not lead back to the sign-in page', () => {
    expect(safeNext('/sign-in?next=/chat')).toBeNull();
    expect(safeNext(undefined)).toBeNull();
  });
});
