import type { OperationRequest } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { tenants } from '../../store/schema/index.ts';
import { type PoolWorld, reservationsOf, startPoolWorld, tenantRow } from '../../testing/pool-world.ts';
import { createScriptedHost, type ScriptedHost } from '../../testing/scripted-host.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';

let database: Database;
let world: PoolWorld;
/** What each host counts a tenant's files from: it refuses to start with older ones. */
let epochs: Map<string, number>;

beforeEach(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  epochs = new Map();
  const hosts = ['local', 'other'].map((id) => [id, withEpochs(id)] as const);
  world = await startPoolWorld(database, new Map(hosts));
});
afterEach(async () => {
  await world.close();
  await database.close();
});

function withEpochs(id: string): ScriptedHost {
  const host = createScriptedHost({ image: 'test-image', images: ['test-image', 'lean-image'] });
  const { restore, start } = host;
  host.restore = async (request) => {
    const restored = await restore(request);
    epochs.set(`${id} ${request.tenantId}`, request.epoch);
    return restored;
  };
  host.start = async (request) => {
    const { tenantId, files } = request;
    const known = epochs.get(`${id} ${tenantId}`) ?? 1;
    if (known > files.epoch) throw new Error('The files on the host are newer than the request');
    if (known < files.epoch) host.files.set(tenantId, host.stored.get(files.checkpoint ?? '') ?? '');
    epochs.set(`${id} ${tenantId}`, files.epoch);
    return start(request);
  };
  return host;
}

const ann = () => tenantRow(database, 'ann');
const hostOfAnn = async () => world.hosts.get((await ann()).hostId ?? '') as ScriptedHost;
const request = (asked: OperationRequest) =>
  world.pool.operations.request({ organizationId: 'org', tenantId: 'ann', request: asked, requestedBy: 'Olga' });
const deadline = { reason: 'deadline_exceeded', message: 'It was not over at its deadline.' } as const;

/** Holds what the next calls are answered with until it is opened; `reached` resolves with the first of them. */
function gate() {
  let open = () => {};
  let reach = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const pass = () => {
    reach();
    return opened;
  };
  return { open, reached, pass };
}

async function withOlderBackup(): Promise<string> {
  await world.pool.wake('ann');
  const host = await hostOfAnn();
  host.files.set('ann', 'older');
  const backup = await world.operate('ann', { kind: 'backup', note: '', pinned: false });
  host.files.set('ann', 'newer');
  return backup.result?.checkpointId ?? '';
}

describe('a restore that is given up', () => {
  test.each(['before', 'after'] as const)(
    'while the host is %s its work leaves a tenant that starts with the files it had',
    async (when) => {
      const checkpointId = await withOlderBackup();
      const host = await hostOfAnn();
      const held = gate();
      const { restore } = host;
      host.restore = async (asked) => {
        if (when === 'before') await held.pass();
        const restored = await restore(asked);
        if (when === 'after') await held.pass();
        return restored;
      };
      const made = await request({ kind: 'restore', from: { checkpointId } });
      await held.reached;
      expect(await world.pool.operations.abandon(made.id, deadline)).toBe(true);
      // The host comes to its end late, after nobody waits for it any more.
      held.open();
      await expect.poll(() => epochs.get(`${host === world.host ? 'local' : 'other'} ann`)).toBe(2);
      expect(await ann()).toMatchObject({ state: 'failed', reason: 'deadline_exceeded', filesEpoch: 3 });
      expect(await world.operate('ann', { kind: 'start' })).toMatchObject({ state: 'succeeded' });
      expect((await hostOfAnn()).files.get('ann')).toBe('newer');
    },
  );

  test('because its checkpoint was removed meanwhile leaves the tenant running with the files it had', async () => {
    const checkpointId = await withOlderBackup();
    const host = await hostOfAnn();
    const { restore } = host;
    host.restore = async (asked) => {
      const restored = await restore(asked);
      await database.db.update(tenants).set({ checkpointId: null }).where(eq(tenants.id, 'ann'));
      await database.db.transaction((tx) => world.checkpoints.forget(tx, 'org', 'ann'));
      return restored;
    };
    // Of nothing that is left: what counts is that it starts.
    expect((await world.operate('ann', { kind: 'restore', from: { checkpointId } })).state).toBe('failed');
    expect(await ann()).toMatchObject({ state: 'running', filesEpoch: 3 });
  });
});

describe('what is ended at its deadline puts back what it changed', () => {
  test('the image of a rebuild', async () => {
    await world.pool.wake('ann');
    for (const host of world.hosts.values()) host.startWith(() => new Promise(() => {}));
    const made = await request({ kind: 'rebuild', image: 'lean-image' });
    await expect.poll(async () => (await ann()).image).toBe('lean-image');
    await expect.poll(async () => (await ann()).state).toBe('creating');
    await world.pool.operations.abandon(made.id, deadline);
    expect(await ann()).toMatchObject({ state: 'failed', image: null });
    expect(await reservationsOf(database, 'ann')).toEqual([]);
  });

  test('the size of a resize, also in the ledger, and no host is waited for', async () => {
    await world.pool.wake('ann');
    const [before] = await reservationsOf(database, 'ann');
    const held = gate();
    for (const host of world.hosts.values()) host.setLimits = () => held.pass();
    const made = await request({ kind: 'resize', cpus: 2 });
    await held.reached;
    await world.pool.operations.abandon(made.id, deadline);
    expect(await ann()).toMatchObject({ state: 'running', cpuMillis: null });
    const { cpuMillis } = before ?? {};
    expect(await reservationsOf(database, 'ann')).toMatchObject([{ cpuMillis }]);
    held.open();
  });
});
