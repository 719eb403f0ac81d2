import type { Permission, Role } from '@clawpool/contracts';
import { systemActor } from '../organization/installation.ts';
import { addPerson } from '../organization/people/person-writer.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { departments } from '../store/schema/index.ts';
import { insertSmallOrganization } from './small-organization.ts';

/** The small organization with people who may change it: `ada`, an admin with `policy`, and `abe`, one without. */
export async function insertStaffedOrganization(
  database: Database,
  organizationId = 'org',
): Promise<{ ann: Principal; ben: Principal; ada: Principal; abe: Principal }> {
  const small = await insertSmallOrganization(database, organizationId);
  const ada = await insertMember(database, organizationId, 'Ada', ['employee', 'admin'], ['policy']);
  const abe = await insertMember(database, organizationId, 'Abe', ['employee', 'admin']);
  return { ...small, ada, abe };
}

/** Somebody without a position, and so without an agent. */
export async function insertMember(
  { db }: Database,
  organizationId: string,
  name: string,
  roles: readonly Role[],
  permissions: readonly Permission[] = [],
  departmentId = 'all',
): Promise<Principal> {
  const email = `${name.toLowerCase()}@${organizationId}.example`;
  const { employeeId, userId } = await db.transaction((tx) =>
    addPerson(tx, organizationId, systemActor, {
      ...{ name, email, departmentId, positionId: null, roles, permissions, passwordHash: null },
    }),
  );
  return { organizationId, employeeId, userId, name, roles, permissions };
}

/** Departments below `all`: `west` and, below that, `coast`. */
export async function insertBranches({ db }: Database, organizationId = 'org'): Promise<void> {
  await db.insert(departments).values([
    { organizationId, id: 'west', parentId: 'all', name: 'West' },
    { organizationId, id: 'coast', parentId: 'west', name: 'Coast' },
    { organizationId, id: 'east', parentId: 'all', name: 'East' },
  ]);
}

/** An identity provider that creates people; where it puts them is the test's. */
export const identityProviderRow = {
  ...{
    organizationId: 'org',
    id: 'okta',
    name: 'Okta',
    issuer: 'https://okta.example',
    clientId: 'c',
    clientSecret: 's',
  },
  ...{ scopes: ['openid'], enabled: true, trustEmail: false, autoCreate: true, emailDomains: [], groupRoles: [] },
  claims: { name: 'name', email: 'email', groups: 'groups' },
};
