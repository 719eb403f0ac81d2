import { expect, test } from 'vitest';
import { accessOf, type WorkspaceFacts } from './workspace-access.ts';

const someones: WorkspaceFacts = { employeeId: 'ann', departmentId: 'north', assigned: false, managed: [] };
const teams: WorkspaceFacts = { employeeId: null, departmentId: null, assigned: false, managed: [] };
const carol = (...roles: ('employee' | 'admin' | 'manager' | 'auditor' | 'operator')[]) => ({
  employeeId: 'carol',
  roles,
});

test.each([
  ['its owner edits it', { employeeId: 'ann', roles: ['employee' as const] }, someones, { edit: true, own: true }],
  ['a colleague does not reach it', carol('employee'), someones, null],
  ['an operator does not reach it', carol('operator'), someones, null],
  ['an admin edits it', carol('admin'), someones, { edit: true, own: false }],
  ['a manager edits it below them', carol('manager'), { ...someones, managed: ['north'] }, { edit: true, own: false }],
  ['a manager of another department does not reach it', carol('manager'), { ...someones, managed: ['south'] }, null],
  ['an auditor reads it', carol('auditor'), someones, { edit: false, own: false }],
  [
    'an auditor who manages others only reads it',
    carol('auditor', 'manager'),
    { ...someones, managed: ['south'] },
    { edit: false, own: false },
  ],
  ['a team reads its agent’s', carol('employee'), { ...teams, assigned: true }, { edit: false, own: true }],
  ['nobody else reads a team’s', carol('employee', 'manager'), teams, null],
  ['an admin edits a team’s', carol('admin'), { ...teams, assigned: true }, { edit: true, own: false }],
  [
    'who is nobody’s employee does not own what is nobody’s',
    { employeeId: null, roles: ['employee' as const] },
    teams,
    null,
  ],
] as const)('%s', (_, who, facts, access) => expect(accessOf(who, facts)).toEqual(access));
