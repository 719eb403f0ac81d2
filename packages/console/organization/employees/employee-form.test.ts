import type { Employee } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { bodyOf, changesOf, formOf, isForeign, problemsOf, topicsOf } from './employee-form.ts';

const carol: Employee = {
  id: 'carol',
  number: 'EMP-016',
  name: 'Carol Zhang',
  email: 'carol@acme.example',
  departmentId: 'finance',
  department: 'Finance',
  positionId: 'pos-fa',
  position: 'Finance Analyst',
  roles: ['operator', 'admin', 'employee'],
  permissions: ['policy'],
  active: true,
  source: 'local',
  contactFor: ['budgets', 'invoices'],
  tenantId: null,
  lastActiveAt: null,
};

describe('the form of a person', () => {
  it('says nothing to the server that was not changed', () => {
    expect(changesOf(formOf(carol), formOf(carol))).toEqual({});
    expect(changesOf(formOf(carol), { ...formOf(carol), positionId: '', contactFor: 'budgets' })).toEqual({
      positionId: null,
      contactFor: ['budgets'],
    });
  });

  it('never grants what belongs to the installation, and takes the permission along with the role', () => {
    expect(formOf(carol).roles).toEqual(['admin', 'employee']);
    expect(bodyOf({ ...formOf(carol), roles: ['employee'] }).permissions).toEqual([]);
  });

  it('leaves a number that is not given to the server', () => {
    expect(bodyOf({ ...formOf(carol), number: ' ' })).not.toHaveProperty('number');
  });

  it('names what is missing', () => {
    expect([...problemsOf({ ...formOf(null), roles: [] })]).toEqual(['name', 'email', 'departmentId', 'roles']);
    expect(problemsOf(formOf(carol)).size).toBe(0);
    expect([...problemsOf({ ...formOf(carol), email: 'carol@' })]).toEqual(['email']);
  });

  it('leaves to a directory what the directory says', () => {
    expect(isForeign('feishu', 'email')).toBe(true);
    expect(isForeign('feishu', 'positionId')).toBe(false);
    expect(isForeign('local', 'email')).toBe(false);
  });
});

it('topics may be separated as English and Chinese writers do', () => {
  expect(topicsOf(' budgets, 发票，预算、budgets,, ')).toEqual(['budgets', '发票', '预算']);
});
