import { randomBytes } from 'node:crypto';
import { chmod, open, readFile } from 'node:fs/promises';
import { notWritable } from '../store/data-folder.ts';

/** A random secret in a file only its owner can read: made with the first call, the same ever after. */
export async function readOrCreateSecret(path: string): Promise<string> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      const secret = randomBytes(32).toString('base64url');
      await file.writeFile(`${secret}\n`);
      await file.sync();
      return secret;
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(path, error);
  }
  await chmod(path, 0o600);
  const secret = (await readFile(path, 'utf8')).trim();
  // A crash or a full disk while it was being made: nothing can have been signed with it yet.
  if (secret.length < 32)
    throw notWritable(path, new Error('the secret in it is damaged; remove the file and start again'));
  return secret;
}
