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
  users,
} from '../store/schema/index.ts';

/** An organization with two people, each with a tenant: `ann` and `ben`. */
export async function insertSmallOrganization(
  { db }: Database,
  organizationId = 'org',
): Promise<{ ann: Principal; ben: Principal }> {
  const id = (name: string) => (organizationId === 'org' ? name : `${organizationId}-${name}`);
  await db.insert(organizations).values({ id: organizationId, name: 'Small Org' });
  await db.insert(departments).values({ organizationId, id: 'all', name: 'Everybody' });
  await db.insert(tiers).values({
    organizationId,
    id: 'standard',
    name: 'Standard',
    memoryMegabytes: 1024,
    cpuMillis: 1000,
    pids: 128,
    diskMegabytes: 1024,
    toolsCeiling: ['shell', 'file'],
    idleMinutes: 15,
  });
  await db
    .insert(positions)
    .values({ organizationId, id: 'maker', departmentId: 'all', tierId: 'standard', name: 'Maker', tools: ['file'] });
  const people = ['ann', 'ben'].map((name) => ({ name, userId: `user-${id(name)}`, employeeId: id(name) }));
  for (const [index, { name, userId, employeeId }] of people.entries()) {
    const email = `${employeeId}@small.example`;
    await db.insert(users).values({ id: userId, name, email });
    await db.insert(employees).values({
      organizationId,
      id: employeeId,
      number: String(index),
      name,
      email,
      departmentId: 'all',
      positionId: 'maker',
    });
    await db.insert(members).values({ organizationId, userId, employeeId, roles: ['employee'] });
    await db
      .insert(tenants)
      .values({ organizationId, id: employeeId, name: `agent-${employeeId}`, employeeId, tierId: 'standard' });
  }
  const [ann, ben] = people.map(({ name, userId, employeeId }) => ({
    userId,
    name,
    organizationId,
    employeeId,
    roles: ['employee' as const],
  }));
  if (!ann || !ben) throw new Error('unreachable');
  return { ann, ben };
}
