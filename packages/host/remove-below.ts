import { constants } from 'node:fs';
import { open, opendir, rmdir, unlink } from 'node:fs/promises';
import { ClawpoolError } from '@clawpool/contracts';

/** Each level holds a descriptor. */
const deepest = 100;

/**
 * Removes a file or a folder with everything in it while its tenant may run and swap what is in there: each folder is opened without following
 * anything, and emptied through its descriptor, so that nothing outside can be meant. What is not there is no error.
 *
 * @param folder a path that the tenant cannot bend, as `inExistingFolder` gives it
 * @throws ClawpoolError `conflict` when something is written there meanwhile, or folders are nested too deep
 */
export function removeBelow(folder: string, name: string): Promise<void> {
  return removeEntry(Buffer.from(`${folder}/${name}`), 0);
}

async function removeEntry(path: Buffer, depth: number): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'EISDIR' && code !== 'EPERM') throw error;
    await removeFolder(path, depth);
  }
}

async function removeFolder(path: Buffer, depth: number): Promise<void> {
  if (depth > deepest) {
    throw new ClawpoolError('conflict', 'The folders are nested too deep.', 'Ask the agent to remove it.');
  }
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const inside = Buffer.from(`/proc/${process.pid}/fd/${folder.fd}/`);
    // Some at a time: an agent may have put millions there.
    for await (const { name } of await opendir(inside, { encoding: 'buffer' as BufferEncoding })) {
      await removeEntry(Buffer.concat([inside, Buffer.from(name)]), depth + 1);
    }
  } finally {
    await folder.close();
  }
  await rmdir(path).catch((error) => {
    if (error.code === 'ENOENT') return;
    if (error.code !== 'ENOTEMPTY') throw error;
    throw new ClawpoolError('conflict', 'The agent is writing there just now.', 'Try again when its turn is over.');
  });
}
