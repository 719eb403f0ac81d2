import type { Me } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { homeOf, pagesOf, safeNext } from './access.ts';

const employee = { id: 'emp-carol', position: 'Finance Analyst', department: 'Finance' };
const person = (roles: Me['roles'], withAgent = true) => ({ roles, employee: withAgent ? employee : null });

describe('the sidebar', () => {
  it.each([
    [person(['employee']), ['chat']],
    [person(['manager']), ['chat', 'tenants']],
    [person(['operator'], false), ['tenants']],
    [person(['admin']), ['chat', 'tenants', 'audit']],
    [person(['admin'], false), ['tenants', 'audit']],
    [person(['auditor'], false), ['tenants', 'audit']],
    [person(['employee'], false), ['chat']],
  ])('%j sees %j', (me, expected) => {
    expect(pagesOf(me)).toEqual(expected);
    expect(homeOf(me)).toBe(expected[0]);
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
