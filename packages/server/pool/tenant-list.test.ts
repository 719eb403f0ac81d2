import { createTestDatabase } from '@clawpool/server/testing';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { configTemplates, departments, employees, tenants } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { listTenantIds, pageOfTenants, type TenantListQuery } from './tenant-list.ts';

let database: Database;
/** As many as the console has to page through. */
const many = 10_000;

beforeAll(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'rival');
  const content = { description: '', skills: [], skillGroups: [], instructions: '', image: 'template-image' };
  await database.db
    .insert(configTemplates)
    .values({ organizationId: 'org', name: 'lean', version: 1, content, createdBy: 'Olga' });
  await database.db.insert(departments).values({ organizationId: 'org', id: 'lab', name: 'Lab' });
  await database.db.insert(employees).values({
    ...{ organizationId: 'org', id: 'lea', number: '77', name: 'Lea Lab', email: 'lea@small.example' },
    ...{ departmentId: 'lab', positionId: 'maker' },
  });
  await database.db.execute(sql`
    insert into tenants (organization_id, id, name, tier_id, state, group_name, tags, config_template, employee_id, last_active_at)
    select 'org', 't' || n, 'tenant-' || lpad(n::text, 5, '0'), 'standard',
      case n % 4 when 0 then 'running' when 1 then 'stopped' else 'hibernated' end,
      case when n % 100 = 0 then 'group-' || (n % 300) end,
      jsonb_build_object('team', case when n % 10 = 0 then 'red' else 'blue' end),
      case when n = 4242 then 'lean' end, case when n = 17 then 'lea' end, now() - n * interval '1 second'
    from generate_series(1, ${many}) n`);
  await database.db.execute(sql`insert into tenants (organization_id, id, name, tier_id, state, deleted_at)
    values ('org', 'gone', 'tenant-gone', 'standard', 'deleted', now())`);
  await database.db.execute(sql`analyze`);
}, 60_000);
afterAll(() => database.close());

const page = (query: Partial<TenantListQuery> = {}) =>
  pageOfTenants(
    database.db,
    { ...{ organizationId: 'org', departmentIds: null, sort: 'name', offset: 0, limit: 50 }, ...query },
    'default-image',
  );
const names = async (query: Partial<TenantListQuery> = {}) => (await page(query)).rows.map(({ name }) => name);

test('pages follow each other without gap or repetition, and tell how many there are', async () => {
  const first = await page({ limit: 3, search: 'tenant-' });
  expect(first.rows.map(({ name }) => name)).toEqual(['tenant-00001', 'tenant-00002', 'tenant-00003']);
  expect(first.total).toBe(many);
  expect(first.counts).toEqual({ running: 2_500, stopped: 2_500, hibernated: 5_000 });
  expect(await names({ limit: 2, offset: 9_998, search: 'tenant-' })).toEqual(['tenant-09999', 'tenant-10000']);
  expect(await names({ limit: 2, descending: true, search: 'tenant-' })).toEqual(['tenant-10000', 'tenant-09999']);
  expect(await names({ limit: 2, sort: 'lastActive', descending: true })).toEqual(['tenant-00001', 'tenant-00002']);
});

test('filters meet, counts are of all states, and groups are all there are', async () => {
  const red = await page({ tag: 'team:red', state: 'running', tier: 'Standard' });
  expect(red.total).toBe(500);
  expect(red.counts).toEqual({ running: 500, hibernated: 500 });
  expect(red.groups).toEqual(['group-0', 'group-100', 'group-200']);
  expect((await page({ group: 'group-100' })).total).toBe(34);
  expect((await page({ tag: 'team:green' })).total).toBe(0);
});

test.each([
  ['lea lab', 't17'],
  ['TENANT-00099', 't99'],
  ['template-image', 't4242'],
])('“%s” finds the one tenant it is about', async (search, id) => {
  const found = await page({ search });
  expect(found.rows.map((row) => row.id)).toEqual([id]);
});

test('every word has to be somewhere, and % and _ mean themselves', async () => {
  expect((await page({ search: 'team:red tenant-0001' })).total).toBe(1);
  expect((await page({ search: '%' })).total).toBe(0);
  expect((await page({ search: 'tenant_0' })).total).toBe(0);
});

test('a manager sees the tenants of their departments’ people and no others, not even in the counts', async () => {
  const lab = await page({ departmentIds: ['lab'] });
  expect(lab.rows.map(({ id }) => id)).toEqual(['t17']);
  expect([lab.total, lab.counts, lab.groups]).toEqual([1, { stopped: 1 }, []]);
  expect(await page({ departmentIds: [] })).toEqual({ rows: [], total: 0, counts: {}, groups: [] });
});

test('deleted ones are listed only where they are asked for, other organizations’ never', async () => {
  expect(await names({ deleted: true })).toEqual(['tenant-gone']);
  expect((await names({ search: 'rival' })).length).toBe(0);
  expect(
    await listTenantIds(database.db, { organizationId: 'org', departmentIds: null, group: 'group-0' }, ''),
  ).toHaveLength(33);
});

test('every order can be asked for', async () => {
  for (const sort of ['name', 'owner', 'tier', 'state', 'memory', 'disk', 'lastActive', 'created'] as const) {
    expect((await page({ sort, limit: 5 })).rows).toHaveLength(5);
  }
});

test('a page is one statement that reads each table once, however many tenants there are', async () => {
  const statements: string[] = [];
  const query = database.pool.query.bind(database.pool);
  (database.pool as { query: unknown }).query = (...given: [{ text?: string } | string]) => {
    statements.push(typeof given[0] === 'string' ? given[0] : (given[0].text ?? ''));
    return (query as (...all: unknown[]) => unknown)(...given);
  };
  await page({ limit: 200, search: 'tenant-' });
  (database.pool as { query: unknown }).query = query;
  // The page, the counts by state, and the groups.
  expect(statements).toHaveLength(3);
  expect(await database.db.select({ n: sql<number>`count(*)::int` }).from(tenants)).toEqual([{ n: many + 5 }]);
});
