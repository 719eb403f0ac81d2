import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Standstill } from './standstill.ts';
import { poll } from './standstill.ts';

/** Stops and continues all processes of a cgroup at once, those that they start meanwhile included. */
export function freezerOf(folder: string, version: 'v1' | 'v2'): Standstill {
  const set = (file: string, value: string) => writeFile(join(folder, file), value).catch(ignoreGone);
  const thaw = () => (version === 'v1' ? set('freezer.state', 'THAWED') : set('cgroup.freeze', '0'));

  async function freeze(signal: AbortSignal): Promise<void> {
    try {
      if (version === 'v2') await set('cgroup.freeze', '1');
      await poll(signal, async () => {
        // Version 1 may stop in the middle, at a process that cannot be frozen just then, and goes on when it is told again.
        if (version === 'v1') await set('freezer.state', 'FROZEN');
        return isFrozen();
      });
    } catch (error) {
      await thaw();
      throw error;
    }
  }

  async function isFrozen(): Promise<boolean> {
    const file = version === 'v1' ? 'freezer.state' : 'cgroup.events';
    const text = await readFile(join(folder, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
      ignoreGone(error);
      return null;
    });
    if (text === null) return true;
    return version === 'v1' ? text.trim() === 'FROZEN' : /^frozen 1$/mu.test(text);
  }

  return { freeze, thaw };
}

/** A cgroup that was removed holds nothing that could run. */
function ignoreGone(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT' && error.code !== 'ENODEV') throw error;
}
