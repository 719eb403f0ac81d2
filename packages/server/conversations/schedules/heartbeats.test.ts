import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../store/database.ts';
import { assistants, conversations, hosts, messages, tenants, tiers, turns } from '../../store/schema/index.ts';
import { createTestDatabase } from '../../store/testing.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { type HeartbeatFacts, heartbeatNews, heartbeatPrompt, isHeartbeatDue } from './heartbeat.ts';
import { runHeartbeats, startHeartbeats } from './heartbeats.ts';

const now = new Date('2026-03-10T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000);
const minute = 60;

describe('a heartbeat is due', () => {
  const awake: HeartbeatFacts = {
    ...{ alwaysOn: false, heartbeatMinutes: 30, heartbeatAt: ago(60 * minute) },
    ...{ runningSince: ago(2 * minute), lastActiveAt: ago(minute) },
  };

  test.each<[string, Partial<HeartbeatFacts>, boolean]>([
    ['when the tenant has been woken since the last one', {}, true],
    ['not when its tier has none', { heartbeatMinutes: 0 }, false],
    ['not before its time', { heartbeatAt: ago(29 * minute) }, false],
    ['when there was none yet', { heartbeatAt: null }, true],
    ['not while whoever woke it is still there', { lastActiveAt: ago(4) }, false],
    ['not in the first seconds of a runtime', { runningSince: ago(4), lastActiveAt: null }, false],
    ['not again for the same wake, or it would never hibernate', { runningSince: ago(90 * minute) }, false],
    ['again and again for a tenant that is always on', { alwaysOn: true, runningSince: ago(90 * minute) }, true],
  ])('%s', (_, facts, due) => {
    expect(isHeartbeatDue({ ...awake, ...facts }, now)).toBe(due);
  });
});

describe('of an answer to a heartbeat', () => {
  test.each([
    ['HEARTBEAT_OK'],
    ['  HEARTBEAT_OK.\n'],
    ['**HEARTBEAT_OK**'],
    ['<b>HEARTBEAT_OK</b>'],
    ['HEARTBEAT_OK All quiet.'],
    [`Nothing to do. HEARTBEAT_OK!`],
    [''],
  ])('%j is nothing to tell', (answer) => {
    expect(heartbeatNews(answer)).toBeNull();
  });

  test('the rest is told, when there is more than an acknowledgement', () => {
    const long = 'x'.repeat(301);
    expect(heartbeatNews(`HEARTBEAT_OK ${long}`)).toBe(long);
    expect(heartbeatNews(`HEARTBEAT_OK ${long.slice(1)}`)).toBeNull();
  });

  test('all is told that does not begin or end with the token', () => {
    expect(heartbeatNews('The server is down.')).toBe('The server is down.');
    expect(heartbeatNews('I would say HEARTBEAT_OK if it were.')).toBe('I would say HEARTBEAT_OK if it were.');
  });
});

describe('every few seconds', () => {
  let database: Database;
  let files: Record<string, string | null>;
  let asked: string[];
  const fail = (error: unknown) => {
    throw error;
  };
  const host = {
    heartbeatFile: async (tenantId: string) => {
      asked.push(tenantId);
      return files[tenantId] ?? null;
    },
  };
  const options = () => ({ database, hosts: new Map([['local', host]]), onError: fail });

  beforeEach(async () => {
    database = await createTestDatabase();
    await insertSmallOrganization(database);
    await database.db
      .insert(hosts)
      .values({ id: 'local', cpuMillis: 1, memoryMegabytes: 1, diskMegabytes: 1, diskFreeMegabytes: 1 });
    await database.db
      .update(tenants)
      .set({ state: 'running', stateSince: ago(minute), hostId: 'local' })
      .where(eq(tenants.id, 'ann'));
    files = { ann: '- Look at the mail.' };
    asked = [];
  });
  afterEach(() => database.close());

  const turnRows = () => database.db.select().from(turns);
  const annRow = async () => (await database.db.select().from(tenants).where(eq(tenants.id, 'ann')))[0];

  test('a running tenant with something in its file is asked, in a session of its own', async () => {
    await runHeartbeats(options(), now);
    expect(await turnRows()).toMatchObject([{ tenantId: 'ann', origin: 'heartbeat', verification: 'schedule' }]);
    expect(await database.db.select().from(conversations)).toMatchObject([
      { path: 'cron', callerKey: 'heartbeat', userId: 'user-ann' },
    ]);
    const [{ text } = { text: '' }] = await database.db.select().from(messages);
    expect(text).toBe(heartbeatPrompt('- Look at the mail.'));
    expect(text).toMatch(/^Read HEARTBEAT\.md .* reply HEARTBEAT_OK\.\n\nHEARTBEAT\.md:\n\n- Look at the mail\.$/s);
    expect((await annRow())?.heartbeatAt).toEqual(now);
  });

  test('one whose file says nothing is looked at, and looked at again only when it is time', async () => {
    files = {};
    await runHeartbeats(options(), now);
    await runHeartbeats(options(), now);
    expect(asked).toEqual(['ann']);
    expect(await turnRows()).toEqual([]);
  });

  test('nobody is woken for it', async () => {
    await database.db.update(tenants).set({ state: 'hibernated' });
    await runHeartbeats(options(), now);
    expect(asked).toEqual([]);
  });

  test('the admin assistant has none: it answers admins only', async () => {
    await database.db.insert(assistants).values({ organizationId: 'org', tenantId: 'ann' });
    await runHeartbeats(options(), now);
    expect(asked).toEqual([]);
  });

  test('one with a turn that waits is left alone', async () => {
    await runHeartbeats(options(), now);
    const later = new Date(now.getTime() + 3_600_000);
    // Woken since.
    const woken = new Date(now.getTime() + 60_000);
    await database.db.update(tenants).set({ stateSince: woken }).where(eq(tenants.id, 'ann'));
    await runHeartbeats(options(), later);
    expect(await turnRows()).toHaveLength(1);
    await database.db.update(turns).set({ state: 'answered', finishedAt: now });
    await runHeartbeats(options(), later);
    expect(await turnRows()).toHaveLength(2);
  });

  test('a tier may have none', async () => {
    await database.db.update(tiers).set({ heartbeatMinutes: 0 });
    await runHeartbeats(options(), now);
    expect(asked).toEqual([]);
  });

  test('several processes begin one turn, also when there was a heartbeat before', async () => {
    // With microseconds, which a Date has not.
    await database.pool.query(`update tenants set heartbeat_at = '2026-03-10T09:00:00.123456Z'`);
    await Promise.all([0, 1, 2].map(() => runHeartbeats(options(), now)));
    expect(await turnRows()).toHaveLength(1);
  });

  test('a host that does not answer is asked again, and holds nobody up', async () => {
    await database.db
      .update(tenants)
      .set({ state: 'running', stateSince: ago(minute), hostId: 'local' })
      .where(eq(tenants.id, 'ben'));
    files = { ann: 'Mail.', ben: 'Mail.' };
    const errors: unknown[] = [];
    const silent = {
      heartbeatFile: async (id: string) => {
        if (id === 'ann') throw new Error('no answer');
        return 'Mail.';
      },
    };
    await runHeartbeats(
      { ...options(), hosts: new Map([['local', silent]]), onError: (error) => errors.push(error) },
      now,
    );
    expect(errors).toHaveLength(1);
    expect(await turnRows()).toMatchObject([{ tenantId: 'ben' }]);
    await runHeartbeats(options(), now);
    expect(await turnRows()).toHaveLength(2);
  });

  test('it goes on by itself until it is closed', async () => {
    const heartbeats = startHeartbeats({ ...options(), now: () => now });
    await expect.poll(turnRows).toHaveLength(1);
    await heartbeats.close();
  });
});
