import type { Me } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { homeOf, isAdmin, isOperator, mayChangePool, mayTakeOver, pagesOf, safeNext } from './access.ts';

const employee = { id: 'emp-carol', position: 'Finance Analyst', department: 'Finance' };
const person = (roles: Me['roles'], withAgent = true) => ({ roles, employee: withAgent ? employee : null });

const work = ['chat', 'files', 'profile', 'schedules', 'myRequests', 'myChannels', 'twin'];
const governance = ['dashboard', 'agentFactory', 'soul', 'workspace', 'security', 'approvals'];
const pool = ['tenants', 'templates', 'backups', 'pool'];
const conversations = ['sessions', 'routing', 'channelAccounts', 'deliveries', 'integrations'];
const people = ['departments', 'positions', 'employees', 'assignments'];
const organization = [...people, 'directory', 'identity', 'audit'];

describe('the sidebar', () => {
  it.each([
    [person(['employee']), work],
    [person(['manager']), [...work, ...governance, 'tenants', 'sessions', 'routing', ...people]],
    [
      person(['operator'], false),
      ['security', 'tenants', 'templates', 'backups', 'pool', 'loadTest', 'routing', 'channelAccounts', 'deliveries'],
    ],
    [person(['admin']), [...work, ...governance, ...pool, ...conversations, ...organization]],
    [person(['admin'], false), [...governance, ...pool, ...conversations, ...organization]],
    [person(['auditor'], false), [...governance, ...pool, ...conversations, ...organization]],
    [person(['employee'], false), ['chat']],
  ])('%j sees %j', (me, expected) => {
    expect(pagesOf(me)).toEqual(expected);
    expect(homeOf(me)).toBe(expected[0]);
  });
});

describe('buttons that change something', () => {
  it('are for whoever the server lets do it', () => {
    const allowed = (['operator', 'admin', 'manager', 'employee', 'auditor'] as const).map((role) => [
      role,
      mayChangePool(person([role])),
      isOperator(person([role])),
      isAdmin(person([role])),
      mayTakeOver(person([role])),
    ]);
    expect(allowed).toEqual([
      ['operator', true, true, false, false],
      ['admin', true, false, true, true],
      ['manager', false, false, false, true],
      ['employee', false, false, false, false],
      ['auditor', false, false, false, false],
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
    expect(safeNext('/second-factor')).toBeNull();
    expect(safeNext('/sign-in-settings')).toBe('/sign-in-settings');
    expect(safeNext(undefined)).toBeNull();
  });
});
