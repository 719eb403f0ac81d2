/** What each page of the organization shows, as its address; everything that is as usual is absent. */

/** Rows of one page. */
export const pageSize = 50;

export interface DepartmentsView {
  /** Whose figures are shown beside the tree. */
  department?: string | undefined;
}

export interface PositionsView {
  search?: string | undefined;
  department?: string | undefined;
}

export const peopleFilters = ['agent', 'no_agent', 'no_position', 'suspended'] as const;
export type PeopleFilter = (typeof peopleFilters)[number];

/** Which people a list shows. */
export interface PeopleView {
  search?: string | undefined;
  /** And everything below it. */
  department?: string | undefined;
  position?: string | undefined;
  with?: PeopleFilter | undefined;
  /** From 1. */
  page?: number | undefined;
}

export interface EmployeesView extends PeopleView {
  /** Whose details are open. */
  person?: string | undefined;
}

export const assignmentTabs = ['people', 'teams', 'accounts'] as const;
export type AssignmentTab = (typeof assignmentTabs)[number];

export interface AssignmentsView extends PeopleView {
  /** `people` unless given. */
  tab?: AssignmentTab | undefined;
}

type Search = Record<string, unknown>;

/** These read an address that anybody may have written. */
export const departmentsViewOf = (search: Search): DepartmentsView =>
  present({ department: textOf(search.department, 64) });

export const positionsViewOf = (search: Search): PositionsView =>
  present({ search: textOf(search.search, 100), department: textOf(search.department, 64) });

export const employeesViewOf = (search: Search): EmployeesView =>
  present({ ...peopleViewOf(search), person: textOf(search.person, 64) });

export const assignmentsViewOf = (search: Search): AssignmentsView =>
  present({ ...peopleViewOf(search), tab: assignmentTabs.find((tab) => tab === search.tab && tab !== 'people') });

/** Whether it shows less than all there are. */
export const isFiltered = (view: PeopleView): boolean =>
  [view.search, view.department, view.position, view.with].some((part) => part !== undefined);

/** The same people as the server is asked for them. */
export const queryOf = (view: PeopleView) => ({
  ...present({
    search: view.search,
    departmentId: view.department,
    positionId: view.position,
    with: view.with,
  }),
  limit: pageSize,
  offset: ((view.page ?? 1) - 1) * pageSize,
});

function peopleViewOf(search: Search): PeopleView {
  const page = Number(search.page);
  return {
    search: textOf(search.search, 100),
    department: textOf(search.department, 64),
    position: textOf(search.position, 64),
    with: peopleFilters.find((filter) => filter === search.with),
    page: Number.isSafeInteger(page) && page > 1 && page < 1e6 ? page : undefined,
  };
}

/** The router reads `?search=007` as a number; in these addresses it is a text. */
function textOf(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, maxLength) || undefined;
}

function present<T extends object>(view: T): T {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined)) as T;
}
