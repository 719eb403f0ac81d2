import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { findTenant, type TenantRow } from '../../pool/tenant-store.ts';
import { auditEvents, conversations, turns } from '../../store/schema/index.ts';
import { type FilesWorld, startFilesWorld } from '../../testing/files-world.ts';
import { createWorkspaceReader } from '../workspace-reader.ts';
import { createWorkspaceWriter } from '../workspace-writer.ts';
import { createMemoryService, type MemoryService } from './memory-service.ts';

let world: FilesWorld;
let memory: MemoryService;
let clock: Date;
const takeSoon = vi.fn();
const ann = { organizationId: 'org', tenantId: 'ann', agentName: 'agent-ann', timezone: 'Europe/Berlin' };

beforeAll(async () => {
  world = await startFilesWorld();
  const { database, blobs, host } = world;
  const hosts = new Map([['local', host]]);
  memory = createMemoryService({
    database,
    reader: createWorkspaceReader({ hosts, blobs }),
    writer: createWorkspaceWriter({ database, hosts, checkpoints: { takeSoon } }),
    installation: { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 8_000 },
    defaultImage: 'openclaw-2026.6.35',
    now: () => clock,
  });
});
afterAll(() => world.close());

beforeEach(async () => {
  await world.reset();
  clock = new Date('2026-03-10T23:30:00Z');
  takeSoon.mockClear();
  world.host.workspaces.clear();
  world.host.workspaces.set('ann', new Map([['MEMORY.md', 'Carol likes tea.\n\n']]));
});

const files = () => Object.fromEntries(world.host.workspaces.get('ann') ?? []);
const tenant = async () => (await findTenant(world.database.db, 'ann')) as TenantRow;

/** A turn of Ann's agent that is at work. */
async function working(path: 'emp' | 'pgnd') {
  const { db } = world.database;
  const conversationId = randomUUID();
  await db
    .insert(conversations)
    .values({ organizationId: 'org', id: conversationId, tenantId: 'ann', path, callerKey: path });
  const id = randomUUID();
  await db.insert(turns).values({ organizationId: 'org', id, conversationId, tenantId: 'ann', state: 'thinking' });
  return () => db.update(turns).set({ state: 'answered', finishedAt: new Date() }).where(eq(turns.id, id));
}

describe('what an agent notes', () => {
  test('is a line in the day’s file, by the organization’s clock: versioned, and in the trail without its words', async () => {
    expect(await memory.remember(ann, 'Carol decides\non Friday.\u202e')).toEqual({ path: 'memory/2026-03-11.md' });
    clock = new Date('2026-03-11T08:05:00Z');
    await memory.remember(ann, 'Mike prefers mail.');
    expect(files()).toEqual({
      'MEMORY.md': 'Carol likes tea.\n\n',
      'memory/2026-03-11.md': '# 2026-03-11\n\n- 00:30 Carol decides on Friday.\n- 09:05 Mike prefers mail.\n',
    });
    expect(takeSoon).toHaveBeenCalledWith('org', 'ann');
    const [event] = await world.database.db.select().from(auditEvents).where(eq(auditEvents.action, 'memory.noted'));
    expect(event).toMatchObject({
      actorType: 'agent',
      actorId: 'ann',
      targetId: 'ann',
      detail: { path: 'memory/2026-03-11.md' },
    });
    expect(JSON.stringify(event)).not.toContain('Carol');
  });

  test('is there whole when it notes many things at once', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, n) => memory.remember(ann, `Thing ${n}`)));
    expect(files()['memory/2026-03-11.md']?.match(/Thing \d/gu)).toEqual(
      Array.from({ length: 8 }, (_, n) => `Thing ${n}`),
    );
  });

  test('is bounded by day, and never empty', async () => {
    world.host.workspaces.get('ann')?.set('memory/2026-03-11.md', 'x'.repeat(64 * 1024));
    await expect(memory.remember(ann, 'More')).rejects.toMatchObject({ code: 'too_large' });
    await expect(memory.remember(ann, '\u200b \n')).rejects.toMatchObject({ code: 'invalid_request' });
    expect(files()['memory/2026-03-11.md']).toHaveLength(64 * 1024);
  });

  test('is not noted while somebody tries the agent out, and is afterwards', async () => {
    await working('emp');
    const end = await working('pgnd');
    await expect(memory.remember(ann, 'A trial')).rejects.toMatchObject({ code: 'conflict' });
    await end();
    await memory.remember(ann, 'In earnest');
    expect(files()['memory/2026-03-11.md']).not.toContain('trial');
  });

  test('is nothing of another organization’s agent', async () => {
    await expect(memory.remember({ ...ann, organizationId: 'other' }, 'x')).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(memory.recall({ ...ann, organizationId: 'other' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('what is recalled', () => {
  test('is of the newest three days that have notes, of a long one its end', async () => {
    const put = (name: string, content: string) => world.host.workspaces.get('ann')?.set(`memory/${name}`, content);
    for (const day of ['2026-01-05', '2026-02-01', '2026-03-09']) put(`${day}.md`, `Of ${day}.`);
    put('2026-03-10.md', `${'x'.repeat(4_000)}the end`);
    put('tea.md', 'not by day');
    const notes = await memory.recall(ann);
    expect(notes.map(({ path }) => path)).toEqual([
      ...['memory/2026-03-10.md', 'memory/2026-03-09.md', 'memory/2026-02-01.md'],
    ]);
    expect(notes[0]?.text).toHaveLength(3_000);
    expect(notes[0]?.text).toMatch(/the end$/u);
  });

  test('is nothing where nothing was noted, or the files are nowhere', async () => {
    expect(await memory.recall(ann)).toEqual([]);
    world.host.workspaces.clear();
    expect(await memory.recall(ann)).toEqual([]);
  });
});

describe('MEMORY.md', () => {
  test('is counted as OpenClaw counts it, and has the room that the other files leave', async () => {
    expect(await memory.characters(await tenant())).toBe('Carol likes tea.'.length);
    expect(await memory.limit(await tenant())).toBe(20_000);
    world.host.workspaces.set('ann', new Map());
    expect(await memory.characters(await tenant())).toBeNull();
  });
});
