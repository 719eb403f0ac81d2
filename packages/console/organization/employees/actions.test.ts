import type { Employee, Me } from '@clawpool/contracts';
import { expect, it } from 'vitest';
import { actionsFor, personActions } from './actions.ts';

const admin = { roles: ['admin'], permissions: [] as string[], employee: { id: 'chris' } } as unknown as Me;
const person = (parts: Partial<Employee>) =>
  ({ id: 'carol', roles: ['employee'], permissions: [], ...parts }) as Employee;

it('an admin does everything with people, but does not end their own stay', () => {
  expect(actionsFor(admin, person({}))).toEqual(personActions);
  expect(actionsFor(admin, person({ id: 'chris' }))).toEqual(['change', 'password']);
});

it('who stands above an admin is suspended, removed and given passwords by their own kind', () => {
  const policy = person({ permissions: ['policy'] });
  expect(actionsFor(admin, policy)).toEqual(['change']);
  expect(actionsFor({ ...admin, permissions: ['policy'] }, policy)).toEqual(personActions);
  expect(actionsFor(admin, person({ roles: ['operator'] }))).toEqual(['change']);
  expect(actionsFor({ ...admin, roles: ['admin', 'operator'] }, policy)).toEqual(personActions);
});
