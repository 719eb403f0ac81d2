import { spawn } from 'node:child_process';
import { lchown, lstat } from 'node:fs/promises';

/**
 * Gives folders and everything in them to a tenant, touching only what is not the tenant's yet. To be called while nothing
 * of the tenant runs, since it works by path.
 *
 * The tenant may have planted anything in there before. Symbolic links are given away themselves and never followed, other
 * file systems are not entered, and a file with a second name is left alone: the other name may be outside. What is to be given away is
 * looked up by `find`, which is many times quicker at it than we are and not troubled by trees deeper than a path can be long.
 *
 * @param find path of the program
 */
export async function giveTo(find: string, folders: readonly string[], uid: number): Promise<void> {
  for (const folder of folders) {
    const found = await lstat(folder);
    if (!found.isDirectory()) throw Object.assign(new Error(`${folder} is not a folder`), { code: 'ENOTDIR' });
  }
  const notTheirs = ['(', '!', '-user', String(uid), '-o', '!', '-group', String(uid), ')'];
  const withoutSecondName = ['(', '-type', 'd', '-o', '-links', '1', ')'];
  let rest = Buffer.alloc(0);
  for await (const chunk of output(find, [...folders, '-xdev', ...notTheirs, ...withoutSecondName, '-print0'])) {
    const text = Buffer.concat([rest, chunk]);
    const end = text.lastIndexOf(0) + 1;
    rest = text.subarray(end);
    const paths = split(text.subarray(0, end)); // a pipeful: some hundred
    await Promise.all(paths.map((path) => lchown(path, uid, uid).catch(ignoreTooDeep)));
  }
}

async function* output(program: string, options: readonly string[]): AsyncGenerator<Buffer> {
  const child = spawn(program, options, { env: {}, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => {}); // thrown below, once the output has been read
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint += chunk;
  });
  yield* child.stdout;
  if ((await ended) !== 0) throw new Error(complaint.trim() || `${program} failed`);
}

/** Names are bytes: a tenant's need not be valid text. */
function split(text: Buffer): Buffer[] {
  const paths: Buffer[] = [];
  for (let start = 0, end = text.indexOf(0); end !== -1; start = end + 1, end = text.indexOf(0, start)) {
    paths.push(text.subarray(start, end));
  }
  return paths;
}

/** A path longer than the kernel takes can only have been made step by step from inside: it is the tenant's already. */
function ignoreTooDeep(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENAMETOOLONG') throw error;
}
