import type { Permission, Role } from '@clawpool/contracts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import {
  departments,
  employees,
  members,
  organizations,
  positions,
  tenants,
  tiers,
  twins,
  users,
} from '../store/schema/index.ts';

/** Who is who; each is an employee with an agent of the same id, but for `auditor`, who has none. */
const people = [
  { name: 'jia', department: 'company', position: 'head', roles: ['admin', 'employee'], permissions: ['policy'] },
  { name: 'max', department: 'company', position: 'head', roles: ['admin', 'employee'], permissions: ['policy'] },
  { name: 'chris', department: 'company', position: 'head', roles: ['admin', 'employee'], permissions: [] },
  { name: 'mia', department: 'engineering', position: 'lead', roles: ['manager', 'employee'], permissions: [] },
  { name: 'sam', department: 'sales', position: 'seller', roles: ['manager', 'employee'], permissions: [] },
  { name: 'ed', department: 'backend', position: 'engineer', roles: ['employee'], permissions: [] },
  { name: 'eva', department: 'backend', position: 'engineer', roles: ['employee'], permissions: [] },
  { name: 'rae', department: 'sales', position: 'seller', roles: ['employee'], permissions: [] },
] as const satisfies readonly {
  name: string;
  department: string;
  position: string;
  roles: readonly Role[];
  permissions: readonly Permission[];
}[];

export type GovernedPerson = (typeof people)[number]['name'] | 'auditor';

/**
 * An organization with somebody for every right: departments company > engineering > backend and company > sales, a position in each, two
 * admins who may decide what holds for everybody and one who may not, two managers, and a public twin of ed's (`twin-ed`).
 */
export async function insertGovernedOrganization({ db }: Database): Promise<Record<GovernedPerson, Principal>> {
  const organizationId = 'governed';
  const within = <T extends object>(rows: readonly T[]) => rows.map((row) => ({ organizationId, ...row }));
  await db.insert(organizations).values({ id: organizationId, name: 'Governed' });
  await db.insert(departments).values(
    within([
      { id: 'company', name: 'Company', parentId: null },
      { id: 'engineering', name: 'Engineering', parentId: 'company' },
      { id: 'backend', name: 'Backend', parentId: 'engineering' },
      { id: 'sales', name: 'Sales', parentId: 'company' },
    ]),
  );
  await db.insert(tiers).values({
    ...{ organizationId, id: 'standard', name: 'Standard', memoryMegabytes: 1024, cpuMillis: 1000, pids: 128 },
    ...{ diskMegabytes: 1024, toolsCeiling: ['shell', 'file'], idleMinutes: 15 },
  });
  await db.insert(positions).values(
    within([
      { id: 'head', departmentId: 'company', name: 'Head' },
      { id: 'lead', departmentId: 'engineering', name: 'Lead' },
      { id: 'engineer', departmentId: 'backend', name: 'Engineer' },
      { id: 'seller', departmentId: 'sales', name: 'Seller' },
    ]).map((position) => ({ ...position, tierId: 'standard', tools: ['file'] })),
  );
  await db.insert(users).values([...people.map(({ name }) => name), 'auditor'].map(userOf));
  await db.insert(employees).values(
    within(
      people.map(({ name, department, position }, index) => ({
        ...{ id: name, number: String(index), name, email: `${name}@governed.example` },
        ...{ departmentId: department, positionId: position },
      })),
    ),
  );
  await db.insert(members).values([
    ...people.map(({ name, roles, permissions }) => ({
      ...{ organizationId, userId: `user-${name}`, employeeId: name },
      ...{ roles: [...roles], permissions: [...permissions] },
    })),
    { organizationId, userId: 'user-auditor', roles: ['auditor'] },
  ]);
  await db
    .insert(tenants)
    .values(
      within([
        ...people.map(({ name }) => ({ id: name, name: `agent-${name}`, employeeId: name, tierId: 'standard' })),
        { id: 'twin-ed', name: 'twin-ed', employeeId: null, tierId: 'standard' },
      ]),
    );
  await db.insert(twins).values({ organizationId, employeeId: 'ed', tenantId: 'twin-ed', active: true });
  const principals = [
    ...people.map(({ name, roles, permissions }) => ({ name, roles, permissions, employeeId: name })),
    { name: 'auditor' as const, roles: ['auditor'] as const, permissions: [], employeeId: null },
  ].map((principal) => [principal.name, { ...principal, organizationId, userId: `user-${principal.name}` }]);
  return Object.fromEntries(principals) as Record<GovernedPerson, Principal>;
}

const userOf = (name: string) => ({ id: `user-${name}`, name, email: `${name}@governed.example` });
