import type { TenantEvent } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { type PoolWorld, startPoolWorld } from '../testing/pool-world.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createLiveTenants, type LiveTenants } from './live-tenants.ts';

let database: Database;
let world: PoolWorld;
let live: LiveTenants;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  world = await startPoolWorld(database);
  live = createLiveTenants(database, world.notifications, world.pool, (error) => world.errors.push(error));
});
afterEach(async () => {
  live.close();
  await world.close();
  await database.close();
});

function follow(scope: { organizationId: string; departmentIds: readonly string[] | null }): TenantEvent[] {
  const events: TenantEvent[] = [];
  live.follow(scope, (event) => void events.push(event));
  return events;
}
const told = (events: TenantEvent[]) =>
  events.map((event) => (event.type === 'tenant' ? `${event.tenant.id} ${event.tenant.state}` : event.type));

test('whoever looks is told of every change in their scope, beginning with a snapshot, and of nothing outside of it', async () => {
  const all = follow({ organizationId: 'org', departmentIds: null });
  const ours = follow({ organizationId: 'org', departmentIds: ['all'] });
  const none = follow({ organizationId: 'org', departmentIds: [] });
  const rivals = follow({ organizationId: 'rival', departmentIds: null });
  await world.pool.wake('ann');
  await expect.poll(() => told(all)).toContain('ann running');
  await expect.poll(() => told(ours)).toContain('ann running');
  await world.operate('ann', { kind: 'delete', keepData: true, skipBackup: true });
  await expect.poll(() => told(all)).toContain('gone');
  expect(told(all)[0]).toBe('snapshot');
  expect(told(none)).toEqual(['snapshot']);
  expect(told(rivals)).toEqual(['snapshot']);
});

test('what is being done to a tenant is told with its phase', async () => {
  let goOn = () => {};
  world.host.startWith(
    () =>
      new Promise((resolve) => {
        goOn = () => resolve({ ok: true, readyMs: 1 });
      }),
  );
  const events = follow({ organizationId: 'org', departmentIds: null });
  const woken = world.pool.wake('ann');
  await expect
    .poll(() => events.map((event) => event.type === 'tenant' && event.tenant.operation))
    .toContainEqual({ id: expect.any(String), kind: 'wake', phase: 'starting', deadlineAt: expect.any(String) });
  goOn();
  await woken;
});
