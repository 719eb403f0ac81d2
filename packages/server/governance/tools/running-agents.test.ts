import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Database } from '../../store/database.ts';
import { tenants, tiers, twins } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { type ApprovalWorld, shellForAnHour, startApprovalWorld } from '../../testing/approval-world.ts';
import { type PoolWorld, startPoolWorld } from '../../testing/pool-world.ts';
import { createRunningAgents, type RunningAgents } from './running-agents.ts';

let database: Database;
let people: ApprovalWorld;
let world: PoolWorld;
let agents: RunningAgents;
let broken: boolean;

beforeEach(async () => {
  database = await createTestDatabase();
  people = await startApprovalWorld(database);
  world = await startPoolWorld(database);
  broken = false;
  const { host } = world;
  agents = createRunningAgents({
    database,
    hosts: new Map([
      [
        'local',
        {
          describe: () => host.describe(),
          list: () => (broken ? Promise.reject(new Error('the host is away')) : host.list()),
        },
      ],
    ]),
    configuredRevision: world.pool.configuredRevision,
    model: { id: 'demo/demo', contextWindow: 1, maxOutputTokens: 1 },
    onError: (error) => world.errors.push(error),
  });
});
afterEach(async () => {
  await world.close();
  await database.close();
});

const list = (who: 'mia' | 'otto' | 'ada' | 'auditor' | 'rita', running = true) =>
  agents.list(people[who], { running });

describe('what really runs', () => {
  test('is what hosts say, with what each may do and why', async () => {
    expect(await list('ada')).toEqual([]);
    await world.pool.wake('ann');
    const [ann, ...others] = await list('ada');
    expect(others).toEqual([]);
    expect(ann).toMatchObject({
      ...{ tenantId: 'ann', name: 'agent-ann', owner: 'ann', position: 'Maker', tier: 'Standard', state: 'running' },
      ...{ image: 'test-image', upToDate: true },
    });
    expect(ann?.tools.find(({ tool }) => tool === 'shell')).toMatchObject({
      allowed: false,
      because: 'not_in_position',
    });
    // The row says that it runs; the host does not.
    world.host.runtimes.clear();
    expect(await list('ada')).toEqual([]);
  });

  test('tells whether an agent has the newest files, and shows those that sleep when asked', async () => {
    await world.pool.wake('ann');
    // Nobody hears of it, as when the process is busy.
    await database.db.update(tenants).set({ agentRevision: 7 }).where(eq(tenants.id, 'ann'));
    expect(await list('ada')).toMatchObject([{ tenantId: 'ann', upToDate: false }]);
    expect((await list('ada', false)).map(({ tenantId, upToDate }) => [tenantId, upToDate])).toEqual([
      ['ann', false],
      ['ben', null],
    ]);
    await database.db.transaction((tx) => markAgents(tx, 'org', 'all'));
    await expect.poll(() => list('ada'), { timeout: 10_000 }).toMatchObject([{ upToDate: true }]);
  });

  test('is seen in scope', async () => {
    await world.pool.wake('ann');
    const names = async (who: Parameters<typeof list>[0]) => (await list(who)).map(({ name }) => name);
    expect(await names('mia')).toEqual(['agent-ann']);
    expect(await names('auditor')).toEqual(['agent-ann']);
    expect(await names('otto')).toEqual([]);
    expect(await names('rita')).toEqual([]);
  });

  test('is nobody, as far as a host says that does not answer', async () => {
    await world.pool.wake('ann');
    broken = true;
    expect(await list('ada')).toEqual([]);
    expect(world.errors.splice(0)).toEqual([new Error('the host is away')]);
  });
});

describe('what an agent may do', () => {
  test('is told to its owner and to those above, and to nobody else', async () => {
    for (const who of [people.ann, people.mia, people.ada, people.auditor]) {
      expect((await agents.rights(who, 'ann')).tools).toHaveLength(6);
    }
    for (const who of [people.ben, people.otto, people.rita]) {
      await expect(agents.rights(who, 'ann')).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  test('shows what was granted, and the hosts of its tier', async () => {
    await database.db.update(tiers).set({ egressHosts: ['docs.example.com'] });
    const ask = async (input: object) => {
      const { id } = await people.requests.ask(people.ann, { ...shellForAnHour, ...input } as never);
      await people.decisions.approve(people.ada, id, { mode: 'permanent', hours: null, note: '' });
    };
    await ask({});
    await ask({ kind: 'host', resource: 'api.example.com' });
    const { tools, hosts } = await agents.rights(people.ann, 'ann');
    expect(tools.find(({ tool }) => tool === 'shell')).toEqual({
      ...{ tool: 'shell', allowed: true, because: 'grant', until: null },
    });
    expect(hosts).toEqual(['api.example.com', 'docs.example.com']);
  });

  test('of a public twin is nothing', async () => {
    await database.db.insert(tenants).values({ organizationId: 'org', id: 'twin', name: 'twin', tierId: 'standard' });
    await database.db
      .insert(twins)
      .values({ organizationId: 'org', employeeId: 'ann', tenantId: 'twin', active: true });
    const { tools, skills, hosts } = await agents.rights(people.ada, 'twin');
    expect([...new Set(tools.map(({ because }) => because))]).toEqual(['public_twin']);
    expect([skills, hosts]).toEqual([[], []]);
  });
});
