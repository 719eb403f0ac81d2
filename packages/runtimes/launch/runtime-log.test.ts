import { lstat, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRuntimeLog } from './runtime-log.ts';

const bounds = { fileBytes: 100, bytesPerSecond: 1_000_000 };

describe("a runtime's log", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clawpool-'));
    file = join(folder, 'runtime.log');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(...chunks: string[]): Promise<void> {
    const log = await openRuntimeLog(file, bounds);
    await log.copy(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), AbortSignal.abort());
    await log.close();
  }

  it('goes on where the runtime before ended', async () => {
    await write('first\n');
    await write('second\n');
    expect(await readFile(file, 'utf8')).toBe('first\nsecond\n');
  });

  it('keeps the newest output in two files', async () => {
    await write('a'.repeat(80), 'b'.repeat(80), 'c'.repeat(80));
    expect(await readFile(file, 'utf8')).toBe('c'.repeat(80));
    expect(await readFile(`${file}.1`, 'utf8')).toBe('b'.repeat(80));
  });

  it('rotates at start what an earlier version let grow', async () => {
    await writeFile(file, 'x'.repeat(150));
    await write('new\n');
    expect(await readFile(file, 'utf8')).toBe('new\n');
    expect((await lstat(`${file}.1`)).size).toBe(150);
  });

  it('is never written through a symbolic link', async () => {
    await writeFile(join(folder, 'victim'), '');
    await symlink(join(folder, 'victim'), file);
    await expect(openRuntimeLog(file)).rejects.toMatchObject({ code: 'ELOOP' });
  });
});
