import { verifyPassword } from 'better-auth/crypto';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../audit/audit-store.ts';
import type { Database } from '../store/database.ts';
import { createTestDatabase } from '../store/testing.ts';
import { loadAgentDefinition } from './agent-definition.ts';
import { scopeOf } from './department-store.ts';
import { createDepartment } from './departments/department-service.ts';
import { listEmployees } from './employee-store.ts';
import { prepareInstallation } from './first-start-service.ts';
import { createPosition } from './positions/position-service.ts';
import { findPrincipal } from './principal-store.ts';
import { seedSampleOrganization } from './sample/seed.ts';
import { firstTier } from './tier-choice.ts';
import { listTiers } from './tier-store.ts';

let database: Database;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.close());

const model = { id: 'demo/demo', contextWindow: 1, maxOutputTokens: 1 };
const passwordOf = async (userId: string): Promise<string> => {
  const { rows } = await database.pool.query('select password from accounts where user_id = $1', [userId]);
  return rows[0]?.password;
};

/** Everything there is, to compare. */
async function everything(): Promise<unknown> {
  const { rows } = await database.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  return Promise.all(
    rows.map(async ({ name }) => [name, (await database.pool.query(`select * from ${name} order by 1, 2`)).rows]),
  );
}

describe('the first start', () => {
  test('makes an organization and an admin who must choose a password, and says so in the audit trail', async () => {
    const { firstAdmin, sample } = await prepareInstallation(database.db, { demo: false });
    expect(sample).toBeNull();
    expect(firstAdmin?.email).toBe('admin@clawpool.local');
    expect(await verifyPassword({ hash: await passwordOf('first-admin'), password: firstAdmin?.password ?? '' })).toBe(
      true,
    );
    expect(await findPrincipal(database.db, 'first-admin')).toMatchObject({
      principal: { roles: ['operator', 'admin'], employeeId: null },
      organizationName: 'My organization',
      mustChangePassword: true,
    });
    const events = await listAuditEvents(database.db, 'main', { limit: 10 });
    expect(events.map(({ action, actor }) => [action, actor.type])).toEqual([
      ['tier.created', 'system'],
      ['tier.created', 'system'],
      ['tier.created', 'system'],
      ['user.created', 'system'],
      ['organization.created', 'system'],
    ]);
    expect(JSON.stringify(events)).not.toContain(firstAdmin?.password);
  });

  test('makes tiers that fit the machine, so that a position and an agent can be made at once', async () => {
    const machine = { cpus: 1, memoryMegabytes: 2_500, diskMegabytes: 100_000 };
    await prepareInstallation(database.db, { demo: false, machine });
    const found = await listTiers(database.db, 'main');
    expect(found.map(({ name, memoryMegabytes, cpus }) => [name, memoryMegabytes, cpus])).toEqual([
      ['Engineering', 1024, 1],
      ['Restricted', 1024, 1],
      ['Standard', 1024, 1],
    ]);
    expect((await firstTier(database.db, 'main')).id).toBe('standard');
    const admin = (await findPrincipal(database.db, 'first-admin'))?.principal;
    if (!admin) throw new Error('no admin');
    const { id: departmentId } = await createDepartment(database, admin, { name: 'Ours', parentId: null });
    const position = { name: 'Maker', departmentId, tierId: 'engineering', tools: ['shell' as const] };
    expect(await createPosition(database, admin, { ...position, skills: [], contactFor: [] })).toMatchObject({
      tier: 'Engineering',
    });
  });

  test('gives an older installation that has none its tiers, and brings none back that were deleted', async () => {
    await prepareInstallation(database.db, { demo: false });
    await database.pool.query('delete from tiers');
    await prepareInstallation(database.db, { demo: false });
    expect(await listTiers(database.db, 'main')).toHaveLength(3);
    await database.pool.query('update tiers set deleted_at = now()');
    await prepareInstallation(database.db, { demo: false });
    expect(await listTiers(database.db, 'main')).toEqual([]);
  });

  test('has nothing left to do for the second, whoever comes first', async () => {
    const starts = await Promise.all([1, 2, 3].map(() => prepareInstallation(database.db, { demo: true })));
    expect(starts.filter(({ firstAdmin }) => firstAdmin !== null)).toHaveLength(1);
    expect(starts.filter(({ sample }) => sample !== null)).toHaveLength(1);
    const before = await everything();
    expect(await prepareInstallation(database.db, { demo: true })).toEqual({ firstAdmin: null, sample: null });
    expect(await everything()).toEqual(before);
  });

  test('gives the operator token a user no password leads to', async () => {
    await prepareInstallation(database.db, { demo: false });
    expect((await findPrincipal(database.db, 'local-operator'))?.principal).toMatchObject({
      name: 'local operator',
      roles: ['operator', 'admin'],
    });
    expect(await passwordOf('local-operator')).toBeUndefined();
  });
});

describe('the sample organization', () => {
  test('takes over an organization nobody has put anything into, with its admin', async () => {
    await prepareInstallation(database.db, { demo: false });
    const { sample, firstAdmin } = await prepareInstallation(database.db, { demo: true });
    expect(firstAdmin).toBeNull();
    expect(sample).toMatchObject({ organizationName: 'ACME Corp', people: 27 });
    expect(sample?.emails).toContain('carol@acme.example');
    expect((await findPrincipal(database.db, 'first-admin'))?.organizationName).toBe('ACME Corp');
    const { rows } = await database.pool.query('select count(*)::int as organizations from organizations');
    expect(rows).toEqual([{ organizations: 1 }]);
  });

  test('leaves an organization with tiers of its own alone', async () => {
    await prepareInstallation(database.db, { demo: false });
    await database.pool.query(`update tiers set name = 'Executive', updated_by = 'Ann' where id = 'standard'`);
    expect(await seedSampleOrganization(database.db)).toMatchObject({ people: 27 });
    const { rows } = await database.pool.query('select id from organizations order by id');
    expect(rows).toEqual([{ id: 'acme' }, { id: 'main' }]);
  });

  test('leaves an organization with departments of its own alone', async () => {
    await prepareInstallation(database.db, { demo: false });
    await database.pool.query(`insert into departments (organization_id, id, name) values ('main', 'ours', 'Ours')`);
    await seedSampleOrganization(database.db);
    const { rows } = await database.pool.query('select id, name, sample from organizations order by id');
    expect(rows).toEqual([
      { id: 'acme', name: 'ACME Corp', sample: true },
      { id: 'main', name: 'My organization', sample: false },
    ]);
  });

  test('gives everybody a tenant and a sign-in with the one password that is told, to be changed', async () => {
    const seeded = await seedSampleOrganization(database.db);
    const { rows } =
      await database.pool.query(`select t.name, u.email, u.must_change_password, a.password from tenants t
      join members m on m.organization_id = t.organization_id and m.employee_id = t.employee_id
      join users u on u.id = m.user_id join accounts a on a.user_id = u.id order by t.id`);
    expect(rows).toHaveLength(27);
    expect(rows.every((row) => row.must_change_password)).toBe(true);
    expect(rows.find(({ name }) => name === 'agent-fa-carol')?.email).toBe('carol@acme.example');
    expect(await verifyPassword({ hash: rows[0].password, password: seeded?.password ?? '' })).toBe(true);
  });

  test('lets two of its three admins, and the first admin, change what holds for everybody', async () => {
    await prepareInstallation(database.db, { demo: true });
    const { rows } = await database.db.execute<{ email: string }>(sql`
      select u.email from members m join users u on u.id = m.user_id where m.permissions ? 'policy' order by 1`);
    expect(rows.map(({ email }) => email)).toEqual([
      'admin@acme.example',
      'admin@clawpool.local',
      'jiade@acme.example',
      'local-operator@clawpool.local',
    ]);
  });

  test('shows a manager their own department and those below it, an admin all, an employee none', async () => {
    await seedSampleOrganization(database.db);
    const seen = async (id: string) => {
      const found = await findPrincipal(database.db, `acme-${id}`);
      if (!found) throw new Error(`no ${id}`);
      const departmentIds = await scopeOf(database.db, found.principal);
      const page = { limit: 100, offset: 0 };
      return listEmployees(database.db, found.principal.organizationId, { departmentIds }, page);
    };
    const engineering = (await seen('peter')).map(({ department }) => department);
    expect(new Set(engineering)).toEqual(
      new Set(['Engineering', 'Backend Team', 'Frontend Team', 'Platform Team', 'QA Team', 'Admin Lab']),
    );
    expect((await seen('mike')).map(({ id }) => id)).toEqual(['mike', 'sarah']);
    expect(await seen('jiade')).toHaveLength(27);
    expect(await seen('carol')).toEqual([]);
  });

  test('makes Carol’s agent a Finance Analyst without a shell, and Ryan’s a Software Engineer with one', async () => {
    await seedSampleOrganization(database.db);
    const carol = await loadAgentDefinition(database.db, 'acme', 'carol', model);
    const ryan = await loadAgentDefinition(database.db, 'acme', 'ryan', model);
    expect(carol).toMatchObject({
      organization: { name: 'ACME Corp' },
      owner: { name: 'Carol Zhang', position: 'Finance Analyst', department: 'Finance', email: 'carol@acme.example' },
      tools: ['web_search', 'file'],
      model,
    });
    expect(ryan.owner.position).toBe('Software Engineer');
    expect(ryan.tools).toContain('shell');
    expect(carol.layers.global).toBe(ryan.layers.global);
    expect(carol.layers.position).not.toBe(ryan.layers.position);
    expect(carol.directory).toHaveLength(27);
    const reviewers = carol.directory.filter(({ contactFor }) =>
      contactFor.some((topic) => topic.includes('code review')),
    );
    expect(reviewers.map(({ id }) => id)).toContain('ryan');
  });

  test('cuts what a position allows to what its tier’s ceiling leaves', async () => {
    await seedSampleOrganization(database.db);
    await database.pool.query(`update tiers set tools_ceiling = '["file"]' where id = 'engineering'`);
    expect((await loadAgentDefinition(database.db, 'acme', 'ryan', model)).tools).toEqual(['file']);
  });

  test('does not know a tenant of another organization', async () => {
    await seedSampleOrganization(database.db);
    await expect(loadAgentDefinition(database.db, 'main', 'carol', model)).rejects.toMatchObject({ code: 'not_found' });
  });
});
