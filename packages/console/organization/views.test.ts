import { describe, expect, it } from 'vitest';
import {
  assignmentsViewOf,
  departmentsViewOf,
  employeesViewOf,
  isFiltered,
  positionsViewOf,
  queryOf,
} from './views.ts';

describe('the address of a page of people', () => {
  it('is read as it was written, a number of an employee included', () => {
    expect(
      employeesViewOf({ search: 16, department: 'finance', with: 'no_agent', page: '3', person: 'carol' }),
    ).toEqual({
      search: '16',
      department: 'finance',
      with: 'no_agent',
      page: 3,
      person: 'carol',
    });
    expect(departmentsViewOf({ department: 'finance' })).toEqual({ department: 'finance' });
    expect(positionsViewOf({ search: 'analyst', page: 2 })).toEqual({ search: 'analyst' });
  });

  it('shows what is usual where somebody wrote nonsense into it', () => {
    expect(employeesViewOf({ search: { $ne: 1 }, with: 'everything', page: -1, person: '' })).toEqual({});
    expect(assignmentsViewOf({ tab: 'people', page: 1 })).toEqual({});
    expect(assignmentsViewOf({ tab: 'teams' })).toEqual({ tab: 'teams' });
  });
});

it('the server is asked for one page of the people that are meant', () => {
  expect(queryOf({ department: 'finance', page: 3 })).toEqual({ departmentId: 'finance', limit: 50, offset: 100 });
  expect(isFiltered({ page: 3 })).toBe(false);
  expect(isFiltered({ with: 'suspended' })).toBe(true);
});
