import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DriverProbe } from '@clawpool/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseDriver, decide } from './choose-driver.ts';

const limits = { memory: 'cgroup-v2', pids: 'cgroup-v2', cpu: 'cgroup-v2' } as const;
const usable: DriverProbe = { usable: true, limits, notes: [] };
const unusable: DriverProbe = { usable: false, reason: 'bubblewrap is not installed', hint: 'Install it.' };

describe('the choice of the runtime driver', () => {
  let stateFolder: string;
  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'clawpool-'));
  });
  afterAll(() => rm(stateFolder, { recursive: true, force: true }));

  it('is the sandbox wherever it works, even where an unsafe driver would be allowed', () => {
    expect(decide({ allowUnsafe: true }, usable)).toMatchObject({ name: 'sandbox' });
    expect(decide({ allowUnsafe: false, preferred: 'sandbox' }, usable)).toMatchObject({ name: 'sandbox' });
  });

  it('is the process driver only with consent, and says why', () => {
    expect(decide({ allowUnsafe: true }, unusable)).toMatchObject({
      name: 'process',
      why: expect.stringContaining('bubblewrap is not installed'),
    });
    expect(decide({ allowUnsafe: true, preferred: 'process' }, usable)).toMatchObject({ name: 'process' });
  });

  it('is refused with what to do where nothing safe works', () => {
    for (const wish of [{ allowUnsafe: false }, { allowUnsafe: true, preferred: 'sandbox' as const }]) {
      expect(() => decide(wish, unusable)).toThrow(
        expect.objectContaining({
          code: 'unavailable',
          message: expect.stringContaining('bubblewrap is not installed'),
          hint: expect.stringContaining('Install it.'),
        }),
      );
    }
  });

  it('refuses the process driver without consent', async () => {
    await expect(chooseDriver({ stateFolder, preferred: 'process', allowUnsafe: false })).rejects.toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('--unsafe-process-driver'),
    });
  });

  it('comes with the limits of this machine', async () => {
    const { driver, why, limits } = await chooseDriver({ stateFolder, preferred: 'process', allowUnsafe: true });
    expect(driver.name).toBe('process');
    expect(why).toMatch(/^The process driver was asked for.*\.$/);
    expect(Object.keys(limits)).toEqual(['memory', 'pids', 'cpu']);
    await driver.sweep();
  });
});
