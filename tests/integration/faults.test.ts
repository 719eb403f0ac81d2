import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallInput, type Client, createClient } from '@clawpool/client';
import type { Operation, Tenant, Turn } from '@clawpool/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { operatorToken } from '../chaos/operator.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { type Person, waitForAnswer } from '../support/person.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

/**
 * What storage does to an installation: full, half-written, corrupted. Each time the one tenant is named and its person told, what it
 * had stays, the others go on, and once the cause is gone so does the fault.
 */
let data: string;
let blobsDisk: SmallDisk;
let tenantsDisk: SmallDisk;
let clawpool: TestInstallation;
let operator: Client;
let ryan: Person;
let carol: Person;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'clawpool-faults-'));
  blobsDisk = await mountSmallDisk(join(data, 'blobs'), 64);
  tenantsDisk = await mountSmallDisk(join(data, 'tenants'), 256);
  clawpool = await startTestInstallation({ data });
  operator = createClient({ baseUrl: clawpool.url, token: operatorToken(data) });
  // Their gateways would take part of the small disk whenever they like.
  const { warmSlots } = await operator.call('pool');
  for (const tier of new Set(warmSlots.map((group) => group.tier))) {
    await operator.call('setWarmSlots', { params: { tier }, body: { minimum: 0, maximum: 0 } });
  }
  ryan = await clawpool.person('ryan');
  carol = await clawpool.person('carol');
  await carolAnswers();
});
afterAll(async () => {
  await clawpool?.close();
  await blobsDisk?.unmount();
  await tenantsDisk?.unmount();
  await rm(data, { recursive: true, force: true });
});

// A test that failed leaves no full disk to the next.
afterEach(async () => {
  await blobsDisk.free();
  await tenantsDisk.free();
});

describe('the disk of the blob store is full', () => {
  test('a backup says so and leaves nothing half, its agent and the others answer, and with space the same backup works', async () => {
    const before = await noted('the first note');
    await blobsDisk.fill();

    await writeNote('what no checkpoint has');
    expect(await operate('ryan', { kind: 'backup' })).toMatchObject({
      state: 'failed',
      reason: 'storage_full',
      hint: expect.stringMatching(/space/i),
    });
    expect(await halfStored()).toEqual([]);
    expect(await verify(before)).toMatchObject({ ok: true });
    expect(await tenant('ryan')).toMatchObject({ state: 'running', operation: null });
    expect(await readNote()).toContain('what no checkpoint has');
    await carolAnswers();

    await blobsDisk.free();
    const after = await backUp();
    expect(await verify(after)).toMatchObject({ ok: true });
    const drifts = await driftsOf('ryan', 'storage_full');
    expect(drifts.length).toBeGreaterThan(0);
  });
});

describe('the disk of the tenants’ files is full', () => {
  test('a restore says so, and the agent has the files that it had', async () => {
    const before = await noted('before the disk was full');
    await writeNote('newer than the backup');
    await tenantsDisk.fill();

    expect(await operate('ryan', { kind: 'restore', from: { checkpointId: before } })).toMatchObject({
      state: 'failed',
      reason: 'storage_full',
      hint: expect.stringMatching(/space/i),
    });
    await tenantsDisk.free();
    expect(await readNote()).toContain('newer than the backup');
    expect(await operate('ryan', { kind: 'restore', from: { checkpointId: before } })).toMatchObject(succeeded);
    expect(await readNote()).toContain('before the disk was full');
  });

  test('a wake that has to restore says so to the person who waits, and goes on by itself with space', async () => {
    await noted('waits for space');
    await sleepWithoutFolder('ryan');
    await tenantsDisk.fill();

    const waiting = await send('Read file note.txt');
    expect(await untilBlocked(waiting)).toMatchObject({ reason: 'storage_full', hint: expect.stringMatching(/space/i) });
    expect(await tenant('ryan')).toMatchObject({ state: 'failed', reason: 'storage_full' });

    await tenantsDisk.free();
    expect((await waitForAnswer(ryan.client, waiting.conversationId, waiting.turnId)).text).toContain('waits for space');
  });
});

describe('stored content is damaged', () => {
  test('a blob: named with its path, refused by a restore that changes nothing, and repaired by the same content', async () => {
    const content = 'the content that is damaged later';
    const damaged = await noted(content);
    await writeNote('what came after');
    await backUp();
    const { path, hash } = await findStoredNote(content);
    const bytes = await readFile(path);
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    await writeFile(path, bytes);

    expect(await verify(damaged)).toMatchObject({
      ok: false,
      problems: [{ path: expect.stringContaining('note.txt'), hash, problem: 'damaged' }],
    });
    expect(await driftsOf('ryan', 'damaged_blob')).not.toEqual([]);
    expect(await operate('ryan', { kind: 'restore', from: { checkpointId: damaged } })).toMatchObject({
      state: 'failed',
      reason: 'checkpoint_damaged',
      hint: expect.stringMatching(/another checkpoint/i),
    });
    expect(await tenant('ryan')).toMatchObject({ state: 'running', reason: null });
    expect(await readNote()).toContain('what came after');
    expect(await operate('carol', { kind: 'restore', from: { tenantId: (await tenant('carol')).id } })).toMatchObject(
      succeeded,
    );
    await carolAnswers();

    await noted(content);
    expect(await verify(damaged)).toMatchObject({ ok: true, problems: [] });
    expect(await operate('ryan', { kind: 'restore', from: { checkpointId: damaged } })).toMatchObject(succeeded);
    expect(await readNote()).toContain(content);
  });

  test('a blob that is gone: a restore is refused and changes nothing', async () => {
    const content = 'the content that is lost later';
    const lost = await noted(content);
    await noted('what came after the loss');
    const { path, hash } = await findStoredNote(content);
    await rm(path);

    expect((await verify(lost)).problems).toMatchObject([{ hash, problem: 'missing' }]);
    expect(await operate('ryan', { kind: 'restore', from: { checkpointId: lost } })).toMatchObject({
      state: 'failed',
      reason: 'checkpoint_damaged',
    });
    expect(await readNote()).toContain('what came after the loss');
  });

  test('the manifest of the newest checkpoint, while its agent runs: the next backup stores everything again', async () => {
    const { root } = await checkpoint(await noted('nothing is lost'));
    await truncate(blobPath(root), 20);
    await writeNote('and nothing was');
    expect(await verify(await backUp())).toMatchObject({ ok: true });
    expect((await driftsOf('ryan', 'damaged_blob'))[0]?.detail).toContain(root);
  });

  test('the manifest of a sleeping agent: its person is told, an older backup heals it, and the message is answered', async () => {
    const older = await noted('from the older backup');
    await noted('from the newest checkpoint');
    await sleepWithoutFolder('ryan');
    const newest = await newestCheckpoint('ryan');
    expect(newest.id).not.toBe(older);
    await truncate(blobPath(newest.root), 20);

    const waiting = await send('Read file note.txt');
    const blocked = await untilBlocked(waiting);
    expect(['checkpoint_damaged', 'agent_needs_attention']).toContain(blocked.reason);
    expect(blocked.hint).toMatch(/restore|operator/i);
    expect(await tenant('ryan')).toMatchObject({ state: 'requires_attention', reason: 'checkpoint_damaged' });
    await carolAnswers();

    expect(await operate('ryan', { kind: 'restore', from: { checkpointId: older } })).toMatchObject(succeeded);
    const answer = await waitForAnswer(ryan.client, waiting.conversationId, waiting.turnId);
    expect(answer).toMatchObject({ state: 'answered', text: expect.stringContaining('from the older backup') });
    expect(await tenant('ryan')).toMatchObject({ state: 'running', reason: null, hint: null });
  });
});

describe('bad input', () => {
  const office = { start: '09:00', stop: '18:00', timezone: 'Europe/Berlin', days: ['mon'] };
  const refusedTenants: [string, object][] = [
    ['no name', {}],
    ['a name in capitals', { name: 'Bad' }],
    ['a name of 33 characters', { name: 'a'.repeat(33) }],
    ['a name that leads elsewhere', { name: '../ryan' }],
    ['a name that is taken', { name: 'taken' }],
    ['20,001 tags', { tags: Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`t${index}`, ''])) }],
    ['a tag with a colon in its key', { tags: { 'a:b': 'c' } }],
    ['a tag with a NUL', { tags: { a: 'b\0' } }],
    ['a tag with half a character', { tags: { a: '\ud800' } }],
    ['a group with a NUL', { group: 'a\0' }],
    ['no CPU', { cpus: 0 }],
    ['CPU as text', { cpus: '1' }],
    ['less than no memory', { memoryMegabytes: -1 }],
    ['half a megabyte too much', { memoryMegabytes: 1024.5 }],
    ['a disk larger than any', { diskMegabytes: 2 ** 40 }],
    ['25 o’clock', { timetable: { ...office, start: '25:00' } }],
    ['a time zone of nowhere', { timetable: { ...office, timezone: 'Mars/Olympus' } }],
    ['no day', { timetable: { ...office, days: [] } }],
    ['an expiry in the past', { ttlHours: -1 }],
    ['an unknown tier', { tier: 'none-such' }],
    ['an unknown image', { image: 'openclaw-0.0.0' }],
    ['an unknown template', { configTemplate: 'none-such' }],
    ['an unknown skill', { skills: ['none-such'] }],
    ['an unknown group of skills', { skillGroups: ['none-such'] }],
    ['an unknown host', { preferredHost: 'none-such' }],
    ['an unknown person', { employeeId: 'none-such' }],
    ['a person who has an agent', { employeeId: 'ryan' }],
    ['an unknown checkpoint', { restoreFrom: { checkpointId: 'none-such' } }],
    ['a checkpoint of the year 0', { restoreFrom: { tenantId: 'ryan', at: '0000-01-01T00:00:00Z' } }],
    ['an unknown tenant to clone', { cloneFrom: 'none-such' }],
    ['two beginnings', { cloneFrom: 'ryan', restoreFrom: { tenantId: 'ryan' } }],
  ];
  const operations = (kind: string, rest: object = {}) => ['POST', '/tenants/ryan/operations', { kind, ...rest }] as const;
  const elsewhere: [string, readonly [method: string, path: string, body?: unknown]][] = [
    ['an unknown kind of operation', operations('explode')],
    ['a resize to nothing', operations('resize', { cpus: 0 })],
    ['a resize that changes nothing', operations('resize')],
    ['a rebuild with an unknown image', operations('rebuild', { image: 'none-such' })],
    ['a rebuild with an unknown template', operations('rebuild', { configTemplate: 'none-such' })],
    ['a restore of an unknown checkpoint', operations('restore', { from: { checkpointId: 'a\0b' } })],
    ['a move to an unknown host', operations('migrate', { host: 'none-such' })],
    ['a clone without a name', operations('clone')],
    ['a token with spaces', operations('start', { clientToken: 'a b c d' })],
    ['an unknown tenant', ['POST', '/tenants/none-such/operations', { kind: 'start' }]],
    ['a tenant with a NUL in its name', ['GET', '/tenants/%00']],
    ['a change to a name that is taken', ['PATCH', '/tenants/ryan', { name: 'taken' }]],
    ['a change to an unknown skill', ['PATCH', '/tenants/ryan', { skills: ['none-such'] }]],
    ['a batch of neither ids nor filter', ['POST', '/batches', { operation: { kind: 'stop' } }]],
    ['a batch of both', ['POST', '/batches', { operation: { kind: 'stop' }, ids: ['ryan'], filter: {} }]],
    ['a batch of nobody', ['POST', '/batches', { operation: { kind: 'stop' }, ids: [] }]],
    ['a batch of what is not for many', ['POST', '/batches', { operation: { kind: 'migrate', host: 'local' }, ids: ['ryan'] }]],
    ['a batch by half a tag', ['POST', '/batches', { operation: { kind: 'stop' }, filter: { tag: 'team' } }]],
    ['an unknown operation', ['GET', '/operations/none-such']],
    ['an unknown batch', ['GET', '/batches/none-such']],
    ['a list by an unknown state', ['GET', '/tenants?state=asleep']],
    ['a list from before its beginning', ['GET', '/tenants?offset=-1']],
    ['a search for NUL', ['GET', '/tenants?search=%00']],
    ['an unknown checkpoint to verify', ['POST', '/checkpoints/none-such/verification']],
    ['a page of no list', ['GET', '/checkpoints?before=none-such%00']],
    ['warm slots upside down', ['PUT', '/pool/warm-slots/engineering', { minimum: 5, maximum: 1 }]],
    ['warm slots of an unknown tier', ['PUT', '/pool/warm-slots/none-such', { minimum: 0, maximum: 0 }]],
    ['a template of an unknown tier', ['PUT', '/config-templates/bad', { content: { tier: 'none-such' } }]],
    ['a skill with a name of a path', ['PUT', '/skills/..%2Fbad', { content: '# Bad' }]],
    ['a group of unknown skills', ['PUT', '/skill-groups/bad', { skills: ['none-such'] }]],
    ['quotas below nothing', ['PUT', '/quotas', { tenants: -1 }]],
    ['retention of no days', ['PUT', '/retention', { days: 0 }]],
    ['a load test of nobody', ['POST', '/load-tests', { count: 0 }]],
    ['a load test of an unknown tier', ['POST', '/load-tests', { count: 1, tier: 'none-such' }]],
    ['what is no JSON', ['POST', '/tenants', '{"name":']],
  ];
  let before: unknown;
  beforeAll(async () => {
    await operator.call('createTenant', { body: { name: 'taken', start: false } });
    await expect.poll(async () => (await tenant('taken')).operation, { timeout: 30_000 }).toBeNull();
    before = await everything();
  });

  test.each(refusedTenants)('a tenant with %s is refused with what to do', async (_, body) => {
    await expectRefused('POST', '/tenants', { name: 'refused', start: false, ...body });
  });
  test.each(elsewhere)('%s is refused with what to do', async (_, request) => {
    await expectRefused(...request);
  });
  test('nothing of all that is left behind', async () => {
    expect(await everything()).toEqual(before);
  });
});

const succeeded = { state: 'succeeded', reason: null };

// --- what the operator does ------------------------------------------------------------------------------------------

async function operate(tenantId: string, body: CallInput<'operateTenant'>['body']): Promise<Operation> {
  const { id: operationId } = await operator.call('operateTenant', { params: { tenantId }, body });
  const find = () => operator.call('operation', { params: { operationId } });
  await expect.poll(async () => (await find()).finishedAt, { timeout: 90_000, interval: 100 }).not.toBeNull();
  return find();
}

/** Resolves with the checkpoint's id. */
async function backUp(): Promise<string> {
  const done = await operate('ryan', { kind: 'backup' });
  expect(done).toMatchObject(succeeded);
  return done.result?.checkpointId ?? '';
}

/** Its newest checkpoint is all there is of it afterwards, as on a host that never had it. */
async function sleepWithoutFolder(tenantId: string): Promise<void> {
  expect(await operate(tenantId, { kind: 'hibernate' })).toMatchObject(succeeded);
  await rm(join(data, 'tenants', (await tenant(tenantId)).id), { recursive: true });
}

const tenant = (tenantId: string): Promise<Tenant> => operator.call('tenant', { params: { tenantId } });
const verify = (checkpointId: string) => operator.call('verifyCheckpoint', { params: { checkpointId } });

async function listCheckpoints(tenantId: string) {
  const { id } = await tenant(tenantId);
  return (await operator.call('listCheckpoints', { query: { tenantId: id } })).checkpoints;
}
async function checkpoint(checkpointId: string) {
  const found = (await listCheckpoints('ryan')).find(({ id }) => id === checkpointId);
  if (!found) throw new Error(`there is no checkpoint ${checkpointId}`);
  return found;
}
async function newestCheckpoint(tenantId: string) {
  const [newest] = await listCheckpoints(tenantId);
  if (!newest) throw new Error(`${tenantId} has no checkpoint`);
  return newest;
}
async function driftsOf(tenantId: string, kind: string) {
  const [{ id }, { drifts }] = [await tenant(tenantId), await operator.call('pool')];
  return drifts.filter((drift) => drift.tenantId === id && drift.kind === kind);
}

/** What a refused request could have left. */
async function everything() {
  const tenants = await operator.call('listTenants', { query: { limit: 1000 } });
  const { operations } = await operator.call('listTenantOperations', { params: { tenantId: 'ryan' }, query: {} });
  return {
    tenants: tenants.tenants.map(({ id, name }) => [id, name]),
    operations: operations.map(({ id }) => id),
    batches: await operator.call('listBatches'),
    templates: await operator.call('listConfigTemplates'),
    skills: await operator.call('listSkills'),
    quotas: (await operator.call('quotas')).quotas,
    retention: await operator.call('retention'),
    loadTests: await operator.call('listLoadTests'),
  };
}

async function expectRefused(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`${clawpool.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${operatorToken(data)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answer = await response.json();
  expect([400, 404, 409], JSON.stringify(answer)).toContain(response.status);
  expect(answer).toEqual({
    error: {
      code: expect.any(String),
      message: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
      requestId: expect.any(String),
    },
  });
}

// --- what Ryan and Carol do ------------------------------------------------------------------------------------------

const writeNote = (text: string): Promise<string> => ask(ryan, `Write "${text}" to file note.txt`);
const readNote = (): Promise<string> => ask(ryan, 'Read file note.txt');
const carolAnswers = async () => expect(await ask(carol, 'Who are you?')).toMatch(/Carol Zhang/);

/** Resolves with the answer; a turn that ends otherwise fails the test with its reason. */
async function ask({ client, ask }: Person, text: string): Promise<string> {
  const answer = await ask(text);
  const { turns } = await client.call('conversation', { params: { conversationId: answer.conversationId } });
  expect(turns).toMatchObject([{ state: 'answered', reason: null, message: null }]);
  return answer.text;
}

/** A backup with a note in it. */
async function noted(text: string): Promise<string> {
  await writeNote(text);
  return backUp();
}

interface Waiting {
  conversationId: string;
  turnId: string;
}

async function send(text: string): Promise<Waiting> {
  const { id: conversationId } = await ryan.client.call('startConversation', { body: {} });
  const { turn } = await ryan.client.call('sendMessage', {
    params: { conversationId },
    body: { text, clientMessageId: crypto.randomUUID() },
  });
  return { conversationId, turnId: turn.id };
}

function untilBlocked({ conversationId, turnId }: Waiting): Promise<Turn> {
  const end = new AbortController();
  return new Promise((resolve, reject) => {
    const see = (turn: Turn) => {
      if (turn.id !== turnId || (turn.state !== 'blocked' && !turn.finishedAt)) return;
      end.abort();
      if (turn.state === 'blocked') resolve(turn);
      else reject(new Error(`the turn is ${turn.state}`));
    };
    void ryan.client.events(
      'conversationEvents',
      { params: { conversationId } },
      {
        signal: end.signal,
        onEvent: (event) => {
          if (event.type === 'snapshot') for (const turn of event.turns) see(turn);
          if (event.type === 'turn') see(event.turn);
        },
        onError: reject,
      },
    );
  });
}

// --- what is in the blob store ---------------------------------------------------------------------------------------

const blobPath = (hash: string): string => join(data, 'blobs', hash.slice(0, 2), hash.slice(2));

/** What is not what its name says, or was begun only. */
async function halfStored(): Promise<string[]> {
  const half: string[] = [];
  for (const entry of await readdir(join(data, 'blobs'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === '.ballast') continue;
    const path = join(entry.parentPath, entry.name);
    const hash = createHash('sha256').update(await readFile(path)).digest('hex');
    if (path !== blobPath(hash)) half.push(path);
  }
  return half;
}

/** The agent's tool decides how the file ends. */
async function findStoredNote(content: string): Promise<{ path: string; hash: string }> {
  for (const text of [content, `${content}\n`]) {
    const hash = createHash('sha256').update(text).digest('hex');
    const path = blobPath(hash);
    if (await readFile(path).catch(() => null)) return { path, hash };
  }
  throw new Error(`no blob is “${content}”`);
}
