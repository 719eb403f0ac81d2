import { gunzipSync, gzipSync } from 'node:zlib';
import { backupMediaType, type Checkpoint, errorBody } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listAuditEvents } from '../../audit/audit-store.ts';
import { createBackupService } from '../../pool/checkpoints/backup-service.ts';
import { type Housekeeping, startHousekeeping } from '../../pool/checkpoints/housekeeping.ts';
import { checkpoints, members, organizations, tenants } from '../../store/schema/index.ts';
import { type FilesWorld, startFilesWorld } from '../../testing/files-world.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { registerBackupRoutes } from './backup-routes.ts';

let files: FilesWorld;
let http: HttpWorld;
let housekeeping: Housekeeping;
let cookie: string;
let auditor: string;

beforeEach(async () => {
  http = await startHttpWorld({
    register: async (app, database) => {
      files = await startFilesWorld(database);
      const { blobs, checkpoints: service } = files;
      housekeeping = startHousekeeping({ database, blobs, checkpoints: service, onError: () => {}, now: later });
      registerBackupRoutes(app, { backups: createBackupService({ database, blobs }), housekeeping });
    },
  });
  // Its people see the organization that has the files.
  await http.database.db.update(members).set({ organizationId: 'org' });
  cookie = await http.signIn(emailOf('operator'));
  auditor = await http.signIn(emailOf('auditor'));
});
afterEach(async () => {
  await housekeeping.close();
  await files.close();
  await http.close();
});

const later = () => new Date(Date.now() + 60_000);
const api = async (method: string, path: string, body?: unknown, as = cookie) =>
  http.send(method, `/api/v1${path}`, { cookie: as, ...(body === undefined ? {} : { body }) });
const json = async <T>(response: Response): Promise<T> => (await response.json()) as T;
const errorOf = async (response: Response) => errorBody.parse(await response.json()).error;
const list = async (query = '') =>
  json<{ checkpoints: Checkpoint[]; next: string | null; total: number }>(await api('GET', `/checkpoints${query}`));
const send = (body: Uint8Array) =>
  fetch(`${http.url}/api/v1/checkpoints`, {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin', 'content-type': backupMediaType },
    body: body as Uint8Array<ArrayBuffer>,
  });

describe('the list', () => {
  test('is newest first, page by page without a gap, also when one is removed in between', async () => {
    for (let n = 0; n < 5; n++) {
      await files.write('ann', 'a.txt', String(n));
      await files.take('ann', 'backup');
    }
    const first = await list('?limit=2');
    expect([first.total, first.checkpoints.length]).toEqual([5, 2]);
    await files.database.db.delete(checkpoints).where(eq(checkpoints.id, first.checkpoints[1]?.id ?? ''));
    const second = await list(`?limit=2&before=${first.next}`);
    const third = await list(`?limit=2&before=${second.next}`);
    expect(third.next).toBeNull();
    const all = [...first.checkpoints, ...second.checkpoints, ...third.checkpoints];
    expect(all.map(({ createdAt }) => createdAt)).toEqual(
      all
        .map(({ createdAt }) => createdAt)
        .sort()
        .reverse(),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(5);
    expect((await list('?before=rubbish')).checkpoints).toEqual([]);
  });

  test('can be of one tenant, of backups, of orphans, and is searched by name and note', async () => {
    await files.write('ann', 'a.txt', '1');
    await files.take('ann', 'turn');
    await files.write('ben', 'b.txt', '2');
    await files.take('ben', 'backup');
    const tenantsOf = async (query: string) => (await list(query)).checkpoints.map(({ tenantId }) => tenantId);
    expect(await tenantsOf('?tenantId=ann')).toEqual(['ann']);
    expect(await tenantsOf('?backups=true')).toEqual(['ben']);
    expect(await tenantsOf('?search=AGENT-B')).toEqual(['ben']);
    expect(await tenantsOf('?search=_')).toEqual([]);
    expect(await tenantsOf('?orphans=true')).toEqual([]);
    await files.database.db
      .update(tenants)
      .set({ state: 'deleted', deletedAt: new Date() })
      .where(eq(tenants.id, 'ben'));
    expect(await tenantsOf('?orphans=true')).toEqual(['ben']);
  });

  test('says when retention may remove one: never the newest of a living tenant, nor a pinned one', async () => {
    const first = await files.take('ann', 'backup');
    await files.take('ann', 'backup');
    const [newest, older] = (await list()).checkpoints;
    expect(newest).toMatchObject({ expiresAt: null, orphan: false });
    expect(older?.expiresAt).toBe(new Date(first.createdAt.getTime() + 7 * 86_400_000).toISOString());
    const pinned = await json<Checkpoint>(
      await api('PATCH', `/checkpoints/${first.id}`, { pinned: true, note: 'keep' }),
    );
    expect(pinned).toMatchObject({ pinned: true, note: 'keep', backup: true, expiresAt: null });
  });

  test('and everything else stays within the organization', async () => {
    const { id } = await files.take('ann');
    await files.database.db.insert(organizations).values({ id: 'elsewhere', name: 'Elsewhere' });
    await files.database.db.update(members).set({ organizationId: 'elsewhere' }).where(eq(members.userId, 'operator'));
    expect((await list()).checkpoints).toEqual([]);
    for (const [method, path, body] of [
      ['GET', `/checkpoints/${id}/file`],
      ['POST', `/checkpoints/${id}/verification`],
      ['PATCH', `/checkpoints/${id}`, { pinned: true }],
      ['DELETE', `/checkpoints/${id}`],
    ] as const) {
      expect((await api(method, path, body)).status).toBe(404);
    }
  });
});

describe('removing one', () => {
  test('is refused for a pinned one and for what a tenant begins with', async () => {
    const older = await files.take('ann', 'backup');
    const newest = await files.take('ann', 'backup');
    await api('PATCH', `/checkpoints/${older.id}`, { pinned: true });
    for (const { id } of [older, newest]) {
      const response = await api('DELETE', `/checkpoints/${id}`);
      expect(response.status).toBe(409);
      expect(await errorOf(response)).toMatchObject({ code: 'conflict', hint: expect.any(String) });
    }
    await api('PATCH', `/checkpoints/${older.id}`, { pinned: false });
    expect((await api('DELETE', `/checkpoints/${older.id}`)).status).toBe(204);
    expect((await api('DELETE', `/checkpoints/${older.id}`)).status).toBe(404);
    const [event] = await listAuditEvents(files.database.db, 'org', { limit: 1, action: 'backup.deleted' });
    expect(event).toMatchObject({ actor: { id: 'operator' }, target: { id: 'ann' } });
  });

  test('frees its space with the next collection', async () => {
    await files.write('ann', 'a.txt', 'old');
    const { id } = await files.take('ann', 'backup');
    await files.write('ann', 'a.txt', 'new');
    await files.take('ann');
    await api('DELETE', `/checkpoints/${id}`);
    const collected = await json<{ blobs: number; bytes: number }>(await api('POST', '/blob-collection'));
    expect(collected).toMatchObject({ checkpoints: 0, blobs: 2 });
    expect(collected.bytes).toBeGreaterThan(0);
    expect(await files.storedHashes()).toEqual(await files.referencedHashes());
  });
});

test('verification names what is damaged, and tells the operator', async () => {
  await files.write('ann', 'notes/a.txt', 'precious');
  const row = await files.take('ann');
  expect(await json(await api('POST', `/checkpoints/${row.id}/verification`))).toMatchObject({ ok: true, files: 1 });
  await files.damage(await files.hashOfFolder(row.root, 'notes'));
  const result = await json<{ ok: boolean; problems: object[] }>(
    await api('POST', `/checkpoints/${row.id}/verification`),
  );
  expect(result).toMatchObject({ ok: false, problems: [{ path: 'notes', problem: 'damaged' }] });
});

describe('a backup as one file', () => {
  test('goes out and comes in again: the same files, as a checkpoint of nobody that can be restored', async () => {
    await files.write('ann', 'notes/a.txt', 'precious');
    await files.write('ann', 'b.bin', 'x'.repeat(100_000));
    const row = await files.take('ann', 'backup');
    const response = await api('GET', `/checkpoints/${row.id}/file`);
    expect(response.headers.get('content-disposition')).toMatch(/filename="agent-ann-[\d-]+\.clawpool-backup"/);
    const file = new Uint8Array(await response.arrayBuffer());
    await files.reset();

    const imported = await json<Checkpoint>(await send(file));
    expect(imported).toMatchObject({
      ...{ root: row.root, tenantName: 'agent-ann', cause: 'import', backup: true, orphan: true, files: 2 },
      expiresAt: expect.any(String),
    });
    expect(imported.tenantId).not.toBe('ann');
    expect(await files.isWhole(imported)).toBe(true);
    const actions = (await listAuditEvents(files.database.db, 'org', { limit: 9, action: 'backup.' })).map(
      (e) => e.action,
    );
    expect(actions).toEqual(['backup.imported', 'backup.exported', 'backup.created']);
  });

  test.each([
    ['is cut off', (file: Uint8Array) => file.subarray(0, file.length / 2)],
    ['is no backup', () => gzipSync('something else')],
    ['is not even compressed', () => Buffer.from('hello')],
    ['is empty', () => new Uint8Array()],
    [
      'was changed',
      (file: Uint8Array) => {
        const tar = gunzipSync(file);
        const at = tar.indexOf('precious');
        tar.write('precIous', at);
        return gzipSync(tar);
      },
    ],
  ])('that %s is refused with what to do, and leaves no checkpoint', async (_what, change) => {
    await files.write('ann', 'a.txt', 'precious');
    const { id } = await files.take('ann');
    const file = new Uint8Array(await (await api('GET', `/checkpoints/${id}/file`)).arrayBuffer());
    const response = await send(change(file));
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ code: 'invalid_request', hint: expect.any(String) });
    expect(await list()).toMatchObject({ total: 1 });
  });

  test('is not for people who may only look', async () => {
    const { id } = await files.take('ann');
    expect((await api('GET', `/checkpoints/${id}/file`, undefined, auditor)).status).toBe(403);
    expect((await api('GET', '/checkpoints', undefined, auditor)).status).toBe(200);
  });
});

test('retention has defaults, is changed by admins, and says so in the audit trail', async () => {
  const standard = { days: 7, backupsPerTenant: 30, checkpointsPerTenant: 10, backupEveryHours: 24 };
  expect(await json(await api('GET', '/retention'))).toEqual(standard);
  const changed = { ...standard, days: 30 };
  expect(await json(await api('PUT', '/retention', changed))).toEqual(changed);
  expect(await json(await api('GET', '/retention'))).toEqual(changed);
  expect((await api('PUT', '/retention', { ...standard, days: 0 })).status).toBe(400);
  const [event] = await listAuditEvents(files.database.db, 'org', { limit: 1, action: 'retention.' });
  expect(event).toMatchObject({ action: 'retention.changed', detail: { days: 30 } });
});
