import { configTemplateContent } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq, sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { auditEvents, tenants } from '../../store/schema/index.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { unlimited } from '../quotas/quota.ts';
import { lockQuotas, saveQuotas } from '../quotas/quota-store.ts';
import { lockTenant } from '../tenant-store.ts';
import { effectiveValues } from './template.ts';
import { createTemplateService, type TemplateService } from './template-service.ts';

let database: Database;
let templates: TemplateService;
const olga: Principal = { userId: 'olga', name: 'Olga', organizationId: 'org', employeeId: null, roles: ['operator'] };
const content = (values: object = {}) => configTemplateContent.parse(values);

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  templates = createTemplateService(database.db);
});
afterEach(() => database.close());

test('each change is a version of its own, and all of them stay', async () => {
  await templates.put(olga, 'lean', { content: content({ cpus: 1 }) });
  expect(await templates.put(olga, 'lean', { content: content({ cpus: 2 }), version: 1 })).toMatchObject({
    version: 2,
    updatedBy: 'Olga',
  });
  const { template, versions } = await templates.get('org', 'lean');
  expect(template.content.cpus).toBe(2);
  expect(versions.map(({ version, content: { cpus } }) => [version, cpus])).toEqual([
    [2, 2],
    [1, 1],
  ]);
  expect((await templates.list('org')).map(({ name, readOnly }) => [name, readOnly])).toEqual([
    ['default', true],
    ['lean', false],
  ]);
  const actions = (await database.db.select().from(auditEvents)).map(({ action }) => action);
  expect(actions).toEqual(['template.created', 'template.changed']);
});

test('a change waits for whoever has one of its tenants, and keeps no quotas from them meanwhile', async () => {
  await templates.put(olga, 'lean', { content: content({ cpus: 1 }) });
  await database.db.update(tenants).set({ configTemplate: 'lean' }).where(eq(tenants.id, 'ann'));
  let change: Promise<unknown> | undefined;
  await database.db.transaction(async (tx) => {
    await lockTenant(tx, 'org', 'ann');
    change = templates.put(olga, 'lean', { content: content({ cpus: 2 }) });
    await expect
      .poll(async () => {
        const { rows } = await database.db.execute(
          sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows.length;
      })
      .toBe(1);
    await lockQuotas(tx, 'org');
  });
  expect(await change).toMatchObject({ version: 2 });
});

test('of two who edit the same version the second is told to load it again', async () => {
  await templates.put(olga, 'lean', { content: content() });
  const edits = await Promise.allSettled([
    templates.put(olga, 'lean', { content: content({ cpus: 1 }), version: 1 }),
    templates.put(olga, 'lean', { content: content({ cpus: 2 }), version: 1 }),
  ]);
  expect(edits.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(edits.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'conflict', hint: expect.any(String) },
  });
  await expect(templates.put(olga, 'none', { content: content(), version: 3 })).rejects.toMatchObject({
    code: 'conflict',
  });
});

test('the built-in template stays as it is', async () => {
  await expect(templates.put(olga, 'default', { content: content() })).rejects.toMatchObject({ code: 'conflict' });
  await expect(templates.remove(olga, 'default')).rejects.toMatchObject({ code: 'conflict' });
  expect((await templates.get('org', 'default')).template).toMatchObject({ readOnly: true, tenants: 2 });
});

test('a template that tenants use is not removed; one that nobody uses is, and another organization’s is not there', async () => {
  await templates.put(olga, 'lean', { content: content() });
  await database.db.update(tenants).set({ configTemplate: 'lean' }).where(eq(tenants.id, 'ann'));
  await expect(templates.remove(olga, 'lean')).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('1 tenant'),
  });
  expect((await templates.get('org', 'lean')).template.tenants).toBe(1);
  await database.db.update(tenants).set({ state: 'deleted', deletedAt: new Date() }).where(eq(tenants.id, 'ann'));
  await expect(templates.remove({ ...olga, organizationId: 'rival' }, 'lean')).rejects.toMatchObject({
    code: 'not_found',
  });
  await templates.remove(olga, 'lean');
  await expect(templates.get('org', 'lean')).rejects.toMatchObject({ code: 'not_found' });
});

test('a template that names what there is not is refused', async () => {
  await expect(templates.put(olga, 'lean', { content: content({ tier: 'nonsense' }) })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await expect(templates.put(olga, 'lean', { content: content({ skills: ['nonsense'] }) })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

const tier = {
  ...{ image: null, cpuMillis: null, memoryMegabytes: null, diskMegabytes: null, template: null },
  ...{ tierImage: 'tier-image', tierCpuMillis: 1_000, tierMemoryMegabytes: 1_024 },
  ...{ tierDiskMegabytes: 2_048, tierIdleMinutes: 15 },
};

test('a value is the tenant’s own, else its template’s, else its tier’s', () => {
  expect(effectiveValues(tier)).toEqual({
    ...{ image: 'tier-image', cpuMillis: 1_000, memoryMegabytes: 1_024, diskMegabytes: 2_048 },
    idleMinutes: 15,
  });
  const template = content({
    image: 'template-image',
    cpus: 0.3,
    idleMinutes: 5,
  });
  expect(effectiveValues({ ...tier, template, image: 'own-image' })).toMatchObject({
    ...{ image: 'own-image', cpuMillis: 300, memoryMegabytes: 1_024, idleMinutes: 5 },
  });
});

test('a template does not give its tenants more than the organization may use, each or together', async () => {
  const limit = (limits: object) => database.db.transaction((tx) => saveQuotas(tx, 'org', { ...unlimited, ...limits }));
  await templates.put(olga, 'lean', { content: content({ memoryMegabytes: 600 }) });
  await database.db.update(tenants).set({ configTemplate: 'lean' });
  await limit({ memoryMegabytesPerTenant: 700 });
  const larger = { content: content({ memoryMegabytes: 800 }) };
  await expect(templates.put(olga, 'lean', larger)).rejects.toMatchObject({ code: 'quota_exceeded' });
  await limit({ totalMemoryMegabytes: 1_500 });
  await expect(templates.put(olga, 'lean', larger)).rejects.toMatchObject({ code: 'quota_exceeded' });
  expect((await templates.get('org', 'lean')).template.version).toBe(1);
  // What a tenant says itself is not the template's.
  await database.db.update(tenants).set({ memoryMegabytes: 600 }).where(eq(tenants.id, 'ben'));
  expect(await templates.put(olga, 'lean', larger)).toMatchObject({ version: 2 });
  await limit({ totalMemoryMegabytes: 100 });
  expect(await templates.put(olga, 'lean', { content: content({ memoryMegabytes: 512 }) })).toMatchObject({
    version: 3,
  });
});
