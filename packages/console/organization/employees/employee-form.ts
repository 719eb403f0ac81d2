import {
  type DirectorySource,
  type Employee,
  type EmployeeInput,
  employeeEmail,
  grantableRole,
  type Permission,
  type Role,
} from '@clawpool/contracts';

export type GrantableRole = Exclude<Role, 'operator'>;

export interface EmployeeForm {
  name: string;
  email: string;
  /** Empty: made by the server. */
  number: string;
  departmentId: string;
  /** Empty: not decided yet. */
  positionId: string;
  roles: readonly GrantableRole[];
  permissions: readonly Permission[];
  /** Topics with commas in between. */
  contactFor: string;
}

/** What a directory says about its people; everything else is the organization's own. */
const directoryFields: readonly (keyof EmployeeForm)[] = ['name', 'email', 'number', 'departmentId'];

/** Whether a field is to be changed where the person comes from, and not here. */
export const isForeign = (source: DirectorySource, field: keyof EmployeeForm): boolean =>
  source !== 'local' && directoryFields.includes(field);

export const formOf = (employee: Employee | null): EmployeeForm => ({
  name: employee?.name ?? '',
  email: employee?.email ?? '',
  number: employee?.number ?? '',
  departmentId: employee?.departmentId ?? '',
  positionId: employee?.positionId ?? '',
  roles: employee ? grantableRole.options.filter((role) => employee.roles.includes(role)) : ['employee'],
  permissions: employee?.permissions ?? [],
  contactFor: employee?.contactFor.join(', ') ?? '',
});

/** What keeps the form from being sent. */
export function problemsOf(form: EmployeeForm): ReadonlySet<keyof EmployeeForm> {
  const problems: (keyof EmployeeForm)[] = [];
  if (form.name.trim() === '') problems.push('name');
  if (!employeeEmail.safeParse(form.email.trim()).success) problems.push('email');
  if (form.departmentId === '') problems.push('departmentId');
  if (form.roles.length === 0) problems.push('roles');
  return new Set(problems);
}

/** The form as the server takes it. */
export const bodyOf = (form: EmployeeForm): EmployeeInput => ({
  name: form.name.trim(),
  email: form.email.trim(),
  ...(form.number.trim() === '' ? {} : { number: form.number.trim() }),
  departmentId: form.departmentId,
  positionId: form.positionId || null,
  roles: [...form.roles],
  permissions: form.roles.includes('admin') ? [...form.permissions] : [],
  contactFor: topicsOf(form.contactFor),
});

/** Only what is another than before: nobody takes back what a colleague changes meanwhile, or says what a directory says. */
export function changesOf(before: EmployeeForm, now: EmployeeForm): Partial<EmployeeInput> {
  const [old, body] = [bodyOf(before), bodyOf(now)];
  return Object.fromEntries(
    Object.entries(body).filter(
      ([field, value]) => JSON.stringify(value) !== JSON.stringify(old[field as keyof EmployeeInput]),
    ),
  );
}

/** Topics of a text with commas, also Chinese ones; each once. */
export const topicsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/[,，、;；\n]/u)
      .map((topic) => topic.trim())
      .filter((topic) => topic !== ''),
  ),
];
