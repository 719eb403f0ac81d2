import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from '../api/api.ts';
import { type PeopleView, queryOf } from './views.ts';

/** Departments, positions, people, their agents and what leads to these tell of each other: one change makes all of them old. */
const organizationKeys: readonly unknown[] = [
  'departments',
  'positions',
  'employees',
  'employee-imports',
  'tenants',
  'routing',
  'channel-accounts',
  // One’s own roles, or the name of one’s own department.
  'me',
];

/** What has to be asked again after anything of the organization has changed. */
export const organizationChanged = {
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => organizationKeys.includes(queryKey[0]),
};

export const departmentsQuery = queryOptions({
  queryKey: ['departments', 'all'],
  queryFn: async ({ signal }) => (await api.call('listDepartments', {}, { signal })).departments,
  staleTime: 0,
});

export const positionsQuery = queryOptions({
  queryKey: ['positions', 'all'],
  queryFn: async ({ signal }) => (await api.call('listPositions', {}, { signal })).positions,
  staleTime: 0,
});

export const peopleQuery = (view: PeopleView) =>
  queryOptions({
    queryKey: ['employees', 'page', queryOf(view)],
    queryFn: ({ signal }) => api.call('listEmployees', { query: queryOf(view) }, { signal }),
    // The rows of the view before stay until the new ones are there: nothing jumps.
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const employeeQuery = (employeeId: string) =>
  queryOptions({
    queryKey: ['employees', 'one', employeeId],
    queryFn: ({ signal }) => api.call('getEmployee', { params: { employeeId } }, { signal }),
    staleTime: 0,
  });

export const importsQuery = queryOptions({
  queryKey: ['employee-imports'],
  queryFn: async ({ signal }) => (await api.call('listImports', {}, { signal })).imports,
  staleTime: 0,
});

/** What can be removed, and by which routes. */
export type Removable = 'department' | 'position' | 'employee';

export const removalQuery = (kind: Removable, id: string) =>
  queryOptions({
    queryKey: [`${kind}s`, 'removal', id],
    queryFn: ({ signal }) => {
      if (kind === 'department') return api.call('departmentRemoval', { params: { departmentId: id } }, { signal });
      if (kind === 'position') return api.call('positionRemoval', { params: { positionId: id } }, { signal });
      return api.call('employeeRemoval', { params: { employeeId: id } }, { signal });
    },
    staleTime: 0,
    // Somebody decides by it: what was true when the dialog was closed is not good enough.
    gcTime: 0,
  });

/** `force`: also what stands in the way goes. */
export function remove(kind: Removable, id: string, force: boolean): Promise<void> {
  const query = force ? { force: 'true' as const } : {};
  if (kind === 'department') return api.call('deleteDepartment', { params: { departmentId: id }, query });
  if (kind === 'position') return api.call('deletePosition', { params: { positionId: id }, query });
  return api.call('deleteEmployee', { params: { employeeId: id }, query });
}
