import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';

/**
 * Makes sure that the data folder exists, readable by its owner only, and can be written to.
 * @throws ClawpoolError `invalid_request` or `storage_full`, saying what is wrong with it.
 */
export function prepareDataFolder(data: string): void {
  try {
    makeFolder(data);
    if (!statSync(data).isDirectory()) throw notAFolder(data);
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof ClawpoolError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') throw notAFolder(data);
    if (code === 'ENOSPC') {
      throw new ClawpoolError(
        'storage_full',
        `There is no space left for the data folder ${data}.`,
        'Free some, or choose another disk with --data DIR.',
      );
    }
    throw new ClawpoolError(
      'invalid_request',
      `Cannot write to the data folder ${data} (${code ?? error}).`,
      `Choose another with --data DIR, or make it yours: chown -R "$(id -un)" ${dirname(data)}`,
    );
  }
}

/** Folder by folder: Node's `recursive` never ends below /proc, where making a folder fails with ENOENT. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (!existsSync(dirname(path))) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another start came first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function notAFolder(data: string): ClawpoolError {
  return new ClawpoolError(
    'invalid_request',
    `The data folder ${data} is not a folder.`,
    'Choose another with --data DIR.',
  );
}
