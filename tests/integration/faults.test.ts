import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallInput, type Client, createClient } from '@clawpool/client';
import type { Operation, Tenant, Turn } from '@clawpool/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { operatorToken } from '../support/operator.ts';
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

    // Found by the checkpoint after a turn, which nobody asked for.
    await expect.poll(() => driftsOf('ryan', 'storage_full'), { timeout: 30_000 }).not.toEqual([]);

    await blobsDisk.free();
    expect(await verify(await backUp())).toMatchObject({ ok: true });
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
    expect(await untilBlocked(waiting)).toMatchObject({
      reason: 'storage_full',
      hint: expect.stringMatching(/space/i),
    });
    expect(await tenant('ryan')).toMatchObject({ state: 'failed', reason: 'storage_full' });

    await tenantsDisk.free();
    expect((await waitForAnswer(ryan.client, waiting.conversationId, waiting.turnId)).text).toContain(
      'waits for space',
    );
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

  test('a blob of a file that nobody changes: once it is found, the next backup stores the file again', async () => {
    const content = 'the content that nobody changes';
    const damaged = await noted(content);
    const { path } = await findStoredNote(content);
    await truncate(path, 5);
    expect(await verify(damaged)).toMatchObject({ ok: false });
    expect(await verify(await backUp())).toMatchObject({ ok: true, problems: [] });
  });

  test('the manifest of the newest checkpoint, while its agent runs: the next backup is whole', async () => {
    const { root } = await checkpoint(await noted('nothing is lost'));
    await truncate(blobPath(root), 20);
    await writeNote('and nothing was');
    expect(await verify(await backUp())).toMatchObject({ ok: true });
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
    const hash = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
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
