import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from './connection.ts';
import { claimDataFolder, findRunning } from './running.ts';

describe('the data folder', () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'clawpool-running-'));
  });
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  it('belongs to one installation at a time, which tells the second where it is', async () => {
    const claim = await claimDataFolder(data);
    await expect(claimDataFolder(data)).rejects.toThrow(`Clawpool is already starting or stopping on ${data}.`);
    claim.announce('http://127.0.0.1:8099', new Date(0));
    await expect(claimDataFolder(data)).rejects.toThrow(
      `Clawpool already runs on ${data}: http://127.0.0.1:8099 (process ${process.pid}).`,
    );
    await claim.release();
    await (await claimDataFolder(data)).release();
  });

  it('is the same folder by another name', async () => {
    const link = `${data}-link`;
    symlinkSync(data, link);
    const claim = await claimDataFolder(data);
    await expect(claimDataFolder(link)).rejects.toThrow('already starting');
    await claim.release();
    rmSync(link);
  });

  it('shows other commands what runs on it, readable by its owner only', async () => {
    const claim = await claimDataFolder(data);
    expect(await findRunning(data)).toBeNull();
    claim.announce('http://127.0.0.1:8099', new Date(0));
    expect(await findRunning(data)).toEqual({
      pid: process.pid,
      url: 'http://127.0.0.1:8099',
      startedAt: '1970-01-01T00:00:00.000Z',
    });
    expect(statSync(join(data, 'run/clawpool.json')).mode & 0o777).toBe(0o600);
    await claim.release();
    expect(await findRunning(data)).toBeNull();
  });

  it('is free again after kill -9, and what was announced is not believed', async () => {
    const child = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `import { claimDataFolder } from ${JSON.stringify(join(import.meta.dirname, 'running.ts'))};
       const claim = await claimDataFolder(${JSON.stringify(data)});
       claim.announce('http://127.0.0.1:8099', new Date());
       console.log('claimed');
       setInterval(() => {}, 1000);`,
    ]);
    await once(child.stdout, 'data');
    expect(await findRunning(data)).not.toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readFileSync(join(data, 'run/clawpool.json'), 'utf8')).toContain('8099');
    expect(await findRunning(data)).toBeNull();
    await (await claimDataFolder(data)).release();
  });

  it('leads a command to what to do when nothing runs, and when it may not speak as operator', async () => {
    await expect(connect(data)).rejects.toMatchObject({ code: 3, hint: expect.stringContaining('clawpool up') });
    const claim = await claimDataFolder(data);
    claim.announce('http://127.0.0.1:8099', new Date());
    await expect(connect(data)).rejects.toMatchObject({ code: 1, message: expect.stringContaining('operator.token') });
    writeFileSync(join(data, 'operator.token'), 'secret\n');
    expect((await connect(data)).running.url).toBe('http://127.0.0.1:8099');
    await claim.release();
  });
});
