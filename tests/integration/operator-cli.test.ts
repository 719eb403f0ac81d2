import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, Checkpoint, LoadTest, Operation, Retention, Tenant } from '@clawpool/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClawpoolProcess, checkout, startClawpool } from '../support/clawpool-process.ts';

/** What an operator does at a terminal: the launcher, real processes, one running installation. */
let folder: string;
let data: string;
let running: ClawpoolProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clawpool-operator-'));
  data = join(folder, 'data');
  running = await startClawpool(data);
});
afterAll(async () => {
  await running?.killTree();
  rmSync(folder, { recursive: true, force: true });
});

describe('clawpool tenants', () => {
  test('makes one, and shows what it was made with', () => {
    const made = clawpool('tenants', 'create', 'workbench', '--tag', 'team:core', '--ttl', '4', '--memory', '1G');
    expect(made).toMatchObject({ status: 0, stdout: expect.stringContaining('create workbench: done') });
    const shown = inJson<Tenant>('tenants', 'show', 'workbench');
    expect(shown).toMatchObject({ name: 'workbench', state: 'running', tags: { team: 'core' } });
    expect(shown.memoryLimitBytes).toBe(2 ** 30);
    expect(shown.expiresAt).not.toBeNull();
    const text = clawpool('tenants', 'show', 'workbench').stdout;
    expect(text).toContain(`workbench (${shown.id})`);
    expect(text).toContain('team:core');
  });

  test('makes one of two requests with the same token', () => {
    const create = ['tenants', 'create', 'made-once', '--no-start', '--token', 'the-same-token'];
    const [first, second] = [inJson<Operation>(...create), inJson<Operation>(...create)];
    expect(second.id).toBe(first.id);
    expect(list('--search', 'made-once')).toHaveLength(1);
  });

  test('stops, starts and backs up, and tells programs how it went', () => {
    expect(inJson<Operation>('tenants', 'stop', 'workbench')).toMatchObject({ kind: 'stop', state: 'succeeded' });
    expect(inJson<Tenant>('tenants', 'show', 'workbench').state).toBe('stopped');
    expect(inJson<Operation>('tenants', 'start', 'workbench')).toMatchObject({ kind: 'start', state: 'succeeded' });
    const backup = inJson<Operation>('tenants', 'backup', 'workbench', '--note', 'before the change', '--pin');
    expect(backup.result?.checkpointId).toEqual(expect.any(String));
    const { operations } = inJson<{ operations: Operation[] }>('tenants', 'operations', 'workbench');
    expect(operations.map(({ kind }) => kind)).toEqual(['backup', 'start', 'stop', 'create']);
  });

  test('clones, and deletes only when that is meant', () => {
    const { result } = inJson<Operation>('tenants', 'clone', 'workbench', 'workbench-two', '--no-start');
    const clone = result?.tenantId ?? '';
    expect(inJson<Tenant>('tenants', 'show', clone)).toMatchObject({ name: 'workbench-two' });
    const asked = clawpool('tenants', 'delete', clone);
    expect(asked).toMatchObject({ status: 2, stderr: expect.stringContaining('Add --yes if you mean it.') });
    expect(list('--search', 'workbench-two')).toHaveLength(1);
    expect(clawpool('tenants', 'delete', clone, '--yes', '--skip-backup').status).toBe(0);
    expect(list('--search', 'workbench-two')).toHaveLength(0);
    expect(list('--deleted', '--search', 'workbench-two')).toHaveLength(1);
  });

  test('does one thing to all with a tag', () => {
    expect(inJson<Tenant>('tenants', 'set', 'made-once', '--tag', 'team:core')).toMatchObject({
      tags: { team: 'core' },
    });
    const batch = inJson<Batch>('tenants', 'batch', 'stop', '--with-tag', 'team:core');
    expect(batch).toMatchObject({ state: 'finished', total: 2, succeeded: 2, failed: 0 });
    expect(list('--tag', 'team:core', '--state', 'stopped')).toHaveLength(2);
    const nobody = clawpool('tenants', 'batch', 'backup');
    expect(nobody).toMatchObject({ status: 2, stderr: expect.stringContaining('Give --ids') });
  });

  test('takes an expiry back with “none”', () => {
    expect(inJson<Tenant>('tenants', 'set', 'workbench', '--ttl', 'none').expiresAt).toBeNull();
  });

  test('says what to do when it cannot', () => {
    expect(clawpool('tenants', 'show', 'nobody-at-all').status).toBe(1);
    const moved = clawpool('tenants', 'migrate', 'workbench', 'elsewhere');
    expect(moved.status).toBe(1);
    expect(moved.stderr.trimEnd().split('\n').length).toBeGreaterThan(1);
    expect(clawpool('tenants', 'create', 'Not A Name').status).not.toBe(0);
    expect(clawpool('tenants', 'resize', 'workbench', '--cpus', 'many').status).toBe(2);
    expect(clawpool('tenants', 'start', 'workbench', '--no-such-flag').status).toBe(2);
  });
});

describe('clawpool backups', () => {
  const newestOf = (tenant: string) =>
    inJson<{ checkpoints: Checkpoint[] }>('backups', '--tenant', inJson<Tenant>('tenants', 'show', tenant).id)
      .checkpoints[0]?.id ?? '';

  test('lists and verifies them', () => {
    expect(clawpool('backups').stdout).toContain('before the change');
    expect(inJson('backups', 'verify', newestOf('workbench'))).toMatchObject({ ok: true, problems: [] });
    expect(clawpool('backups', 'verify', 'none-such').status).toBe(1);
  });

  test('writes one as a file that only its owner reads, and takes it in again', () => {
    const file = join(folder, 'workbench.backup');
    expect(clawpool('backups', 'export', newestOf('workbench'), file).status).toBe(0);
    const again = clawpool('backups', 'export', newestOf('workbench'), file);
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('--force') });
    const imported = inJson<Checkpoint>('backups', 'import', file);
    expect(imported).toMatchObject({ orphan: true, cause: 'import' });
    const made = inJson<Operation>('tenants', 'create', 'imported', '--restore-from', imported.id, '--no-start');
    expect(made.state).toBe('succeeded');
  });

  test('refuses a file that is none', () => {
    const file = join(folder, 'not-a.backup');
    writeFileSync(file, 'hello');
    expect(clawpool('backups', 'import', file).status).toBe(1);
    expect(clawpool('backups', 'import', join(folder, 'missing')).status).toBe(2);
  });

  test('changes how long they are kept, and collects', () => {
    expect(inJson<Retention>('backups', 'retention', '--days', '7')).toMatchObject({ days: 7 });
    expect(inJson<Retention>('backups', 'retention')).toMatchObject({ days: 7 });
    expect(clawpool('backups', 'retention', '--days', '0').status).toBe(2);
    expect(inJson('backups', 'collect')).toMatchObject({ checkpoints: expect.any(Number), bytes: expect.any(Number) });
    expect(inJson('backups', 'verify', newestOf('workbench'))).toMatchObject({ ok: true });
  });
});

describe('clawpool templates', () => {
  test('takes what it printed, as the next version, and removes only what nobody uses', () => {
    const file = join(folder, 'template.json');
    writeFileSync(file, JSON.stringify({ description: 'for builds', cpus: 1 }));
    expect(inJson('templates', 'put', 'builders', file)).toMatchObject({ name: 'builders', version: 1 });
    writeFileSync(file, clawpool('templates', 'show', 'builders').stdout);
    expect(inJson('templates', 'put', 'builders', file)).toMatchObject({ version: 2 });
    expect(clawpool('tenants', 'create', 'builder', '--template', 'builders', '--no-start').status).toBe(0);
    const used = clawpool('templates', 'delete', 'builders');
    expect(used.status).toBe(1);
    expect(clawpool('tenants', 'delete', 'builder', '--yes', '--skip-backup').status).toBe(0);
    expect(clawpool('templates', 'delete', 'builders').status).toBe(0);
    expect(clawpool('templates', 'show', 'builders').status).toBe(1);
  });

  test('says what is wrong with a file', () => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, '{"cpus": "many"}');
    const refused = clawpool('templates', 'put', 'broken', file);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining('cpus') });
    expect(clawpool('templates', 'put', 'broken', join(folder, 'missing.json')).status).toBe(2);
  });
});

describe('clawpool skills', () => {
  test('gives a running agent a skill with its next turn, and takes it away only when nobody has it', () => {
    const file = join(folder, 'SKILL.md');
    const content = '---\nname: release-notes\ndescription: Writes release notes.\n---\n\nList what changed.\n';
    writeFileSync(file, content);
    expect(inJson('skills', 'put', 'release-notes', file)).toMatchObject({ name: 'release-notes', version: 1 });
    expect(clawpool('chat', 'ryan', 'Who are you?').status).toBe(0);
    const skill = join(data, 'tenants/ryan/workspace/skills/release-notes/SKILL.md');
    expect(existsSync(skill)).toBe(false);
    expect(clawpool('tenants', 'set', 'ryan', '--skill', 'release-notes').status).toBe(0);
    expect(clawpool('chat', 'ryan', 'Who are you?').status).toBe(0);
    expect(readFileSync(skill, 'utf8')).toBe(content);
    expect(inJson<{ skills: object[] }>('skills').skills).toMatchObject([{ name: 'release-notes', tenants: 1 }]);
    expect(clawpool('skills', 'delete', 'release-notes').status).toBe(1);
  });
});

describe('clawpool pool', () => {
  test('shows hosts and their room, and finds ledger and hosts agreed', () => {
    const pool = inJson<{ hosts: object[] }>('pool');
    expect(pool.hosts).toMatchObject([{ id: 'local', state: 'active' }]);
    expect(clawpool('pool').stdout).toContain('local');
    expect(inJson('pool', 'reconcile')).toMatchObject({ drifts: [] });
  });

  test('makes tenants for a load test and removes them again', async () => {
    const ended = inJson<LoadTest>('load-test', 'run', '2', '--clean');
    expect(ended).toMatchObject({ count: 2, accepted: 2, running: 2, failed: 0 });
    await expect.poll(async () => list('--search', 'lt-').length, { timeout: 60_000, interval: 1000 }).toBe(0);
    expect(clawpool('load-test', 'run', '0').status).toBe(2);
  });

  test('sets quotas that hold, and takes them back with “none”', () => {
    expect(inJson('pool', 'quotas', '--tenants', '1')).toMatchObject({ quotas: { tenants: 1 } });
    const refused = clawpool('tenants', 'create', 'one-too-many');
    expect(refused.status).toBe(1);
    expect(refused.stderr.trimEnd().split('\n').length).toBeGreaterThan(1);
    expect(inJson('pool', 'quotas', '--tenants', 'none')).toMatchObject({ quotas: { tenants: null } });
  });
});

test('without a running installation every command ends with 3 and says how to start one', () => {
  const elsewhere = ['--data', join(folder, 'nothing-here')];
  for (const command of [['tenants'], ['pool'], ['backups'], ['skills'], ['templates'], ['load-test']]) {
    const ended = spawnClawpool([...command, ...elsewhere]);
    expect(ended, command.join(' ')).toMatchObject({ status: 3, stderr: expect.stringContaining('clawpool up') });
  }
});

const clawpool = (...argv: string[]) => spawnClawpool([...argv, '--data', data]);

function spawnClawpool(argv: string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const options = { cwd: folder, env: { PATH, HOME }, encoding: 'utf8', input: '' } as const;
  return spawnSync(join(checkout, 'clawpool'), argv, options);
}

function inJson<T = unknown>(...argv: string[]): T {
  const { status, stdout, stderr } = clawpool(...argv, '--json');
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

const list = (...flags: string[]) => inJson<{ tenants: Tenant[] }>('tenants', ...flags).tenants;
