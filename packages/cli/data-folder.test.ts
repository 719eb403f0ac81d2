import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareDataFolder } from './data-folder.ts';

describe('preparing the data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clawpool-data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('makes it where it is missing, for its owner only', () => {
    prepareDataFolder(join(folder, 'some/where'));
    expect(statSync(join(folder, 'some/where')).mode & 0o777).toBe(0o700);
  });

  it('refuses a file, and a folder below a file', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => prepareDataFolder(join(folder, 'file'))).toThrow('is not a folder');
    expect(() => prepareDataFolder(join(folder, 'file/below'))).toThrow('is not a folder');
  });

  it('refuses where nothing can be written, saying how to choose another', () => {
    // Not even root can make a folder there.
    expect(() => prepareDataFolder('/proc/clawpool')).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('Cannot write'),
        hint: expect.stringContaining('--data DIR'),
      }),
    );
  });
});
