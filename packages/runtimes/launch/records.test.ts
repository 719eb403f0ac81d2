import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runtimeRecords } from './records.ts';

describe('records of running runtimes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clawpool-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('find a process again and end it with all below it', async () => {
    const child = spawn('/bin/sh', ['-c', 'sleep 1000 & sleep 1000'], { detached: true });
    const ended = once(child, 'exit');
    await runtimeRecords(folder).write('carol', child.pid as number);
    const later = runtimeRecords(folder);
    expect(await later.tenants()).toEqual(['carol']);
    expect(await later.end('carol')).toBe(true);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await later.tenants()).toEqual([]);
  });

  it('spare a process that only has the same pid', async () => {
    const child = spawn('/bin/sh', ['-c', 'exec sleep 1000']);
    const records = runtimeRecords(folder);
    await records.write('carol', child.pid as number);
    const file = join(folder, 'runtimes/carol.json');
    const record = JSON.parse(await readFile(file, 'utf8')) as { startTicks: number };
    await writeFile(file, JSON.stringify({ ...record, startTicks: record.startTicks - 1 }));
    expect(await records.end('carol')).toBe(false);
    await writeFile(file, '{"pid":');
    expect(await records.end('carol')).toBe(false);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    child.kill('SIGKILL');
  });
});
