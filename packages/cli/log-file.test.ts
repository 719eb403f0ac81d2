import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile, rotate } from './log-file.ts';

describe('the log', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clawpool-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps everything as JSON lines, readable by its owner only, and tells a person the warnings', async () => {
    const told: string[] = [];
    const log = openLogFile(folder, (message) => told.push(message));
    log.logger.info('quiet');
    log.logger.warn('careful');
    log.logger.error({ err: new Error('disk on fire') }, 'It failed.');
    await log.close();
    const lines = readFileSync(log.path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ msg }) => msg)).toEqual(['quiet', 'careful', 'It failed.']);
    expect(told).toEqual(['careful', 'It failed. disk on fire']);
    expect(statSync(log.path).mode & 0o777).toBe(0o600);
  });

  it('tells a person the same warning once a minute', async () => {
    const told: string[] = [];
    let time = 0;
    const log = openLogFile(
      folder,
      (message) => told.push(message),
      () => time,
    );
    for (time = 0; time <= 60_000; time += 20_000) log.logger.warn('again');
    await log.close();
    expect(told).toEqual(['again', 'again']);
  });

  it('is put aside when it has grown, and the oldest goes', () => {
    const path = join(folder, 'clawpool.log');
    for (let start = 1; start <= 7; start += 1) {
      writeFileSync(path, `log of start ${start}`);
      rotate(path, 10);
    }
    expect(existsSync(path)).toBe(false);
    expect([1, 2, 3, 4, 5].map((number) => readFileSync(`${path}.${number}`, 'utf8'))).toEqual(
      [7, 6, 5, 4, 3].map((start) => `log of start ${start}`),
    );
    expect(existsSync(`${path}.6`)).toBe(false);
  });

  it('stays while it is small', () => {
    const path = join(folder, 'clawpool.log');
    writeFileSync(path, 'short');
    rotate(path, 10);
    expect(readFileSync(path, 'utf8')).toBe('short');
  });
});
