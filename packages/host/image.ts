import { spawn } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { openclawProfile } from '@clawpool/workspace';

/** An immutable runtime root on this host: Node, one OpenClaw version and what that needs. */
export interface RuntimeImage {
  /** For example `openclaw-2026.6.35`. */
  id: string;
  /** OpenClaw's version. */
  version: string;
  /** Host path of the root: readable by everyone, written by nobody any more. */
  folder: string;
  /** Node's binary and OpenClaw's program, relative to the root. */
  node: string;
  openclaw: string;
  /** Host path of the folder for what Node compiles of this image, one folder per place the image is seen at. */
  compileCache: string;
}

/** What images are made from; the lock file pins every package of it by its checksum. */
const recipes = join(import.meta.dirname, 'images');
const recipe = 'openclaw-2026.6';

/**
 * Provides the image below `imagesFolder`, installing it with npm where it is missing (about 20 s and 540 MB, once). An image
 * appears whole or not at all: it is made beside its place and renamed. Whoever comes second uses what the first one made.
 *
 * @throws ClawpoolError `unavailable` when npm is missing, cannot reach its registry or this machine has no such Node;
 *   `storage_full`
 */
export async function installImage(options: {
  imagesFolder: string;
  onProgress: (line: string) => void;
}): Promise<RuntimeImage> {
  const { imagesFolder, onProgress } = options;
  const { version } = JSON.parse(await readFile(join(recipes, recipe, 'package.json'), 'utf8')) as { version: string };
  const id = `openclaw-${version}`;
  const node = `node_modules/${nodePackage()}/bin/node`;
  const openclaw = openclawProfile(version).program.file;
  await mkdir(imagesFolder, { recursive: true }).catch(explain('The images folder cannot be made'));
  const root = await realpath(imagesFolder);
  const folder = join(root, id);
  if (!(await isComplete(folder, [node, openclaw]))) {
    onProgress(`Installing OpenClaw ${version} with its own Node (once, about 540 MB)`);
    const startedAt = performance.now();
    await removeAbandoned(root, id);
    await makeImage({ root, folder, id, needed: [node, openclaw] });
    onProgress(`Installed OpenClaw ${version} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }
  return { id, version, folder, node, openclaw, compileCache: join(root, 'compile-cache', id) };
}

function nodePackage(): string {
  if (process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')) {
    return `node-linux-${process.arch}`;
  }
  throw new ClawpoolError(
    'unavailable',
    `There is no runtime image for ${process.platform} on ${process.arch}.`,
    'Run Clawpool on Linux, on an x86-64 or ARM64 machine.',
  );
}

async function isComplete(folder: string, needed: readonly string[]): Promise<boolean> {
  const found = await Promise.all(needed.map((path) => stat(join(folder, path)).catch(() => null)));
  return found.every((file) => file?.isFile() === true);
}

async function makeImage(options: { root: string; folder: string; id: string; needed: readonly string[] }) {
  const { root, folder, id, needed } = options;
  const unfinished = join(root, `.${id}.${process.pid}.${Math.random().toString(36).slice(2, 10)}`);
  try {
    await mkdir(unfinished);
    for (const file of ['package.json', 'package-lock.json'])
      await cp(join(recipes, recipe, file), join(unfinished, file));
    await npmCi(unfinished);
    if (!(await isComplete(unfinished, needed))) {
      throw new ClawpoolError('unavailable', 'npm left the image incomplete.', 'Start Clawpool again.');
    }
    await makeReadable(unfinished);
    await putInPlace(unfinished, folder, needed);
  } catch (error) {
    return explain('The image cannot be written')(error);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** A damaged image goes away first; one that somebody else finished meanwhile stays. */
async function putInPlace(unfinished: string, folder: string, needed: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(unfinished, folder);
    } catch (error) {
      if (attempt === 3 || !isTaken(error)) throw error;
      if (await isComplete(folder, needed)) return;
      const damaged = `${unfinished}.damaged`;
      await rename(folder, damaged).catch(() => {});
      await rm(damaged, { recursive: true, force: true });
    }
  }
}

/** Unfinished images of processes that are gone. */
async function removeAbandoned(root: string, id: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = name.startsWith(`.${id}.`) ? Number(name.slice(id.length + 2).split('.')[0]) : Number.NaN;
    if (Number.isInteger(pid) && !isAlive(pid)) await rm(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whatever umask we run under: everyone may read, nobody else may write. */
async function makeReadable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await makeReadable(path);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

// --- npm -------------------------------------------------------------------------------------------------------------

/** Scripts of packages do not run: nothing in the image needs them. */
async function npmCi(folder: string): Promise<void> {
  const { code, output } = await run(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    folder,
  );
  if (code !== 0) throw npmError(output);
}

function run(program: string, args: readonly string[], cwd: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

/** Tells npm's failures apart by the codes it prints. */
function npmError(output: string): ClawpoolError {
  if (/ENOSPC|EDQUOT|no space left/iu.test(output)) return storageFull('The image cannot be written');
  const lines = output
    .split('\n')
    .filter((line) => /^npm (?:error|ERR!)/u.test(line) && !/log of this run/u.test(line));
  const said =
    lines
      .slice(0, 3)
      .join(' ')
      .replace(/npm (?:error|ERR!) ?/gu, '')
      .trim() || 'npm gave no reason';
  const unreachable = /ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|ERR_SOCKET|E40[134]|E5\d\d|network/u.test(
    output,
  );
  return new ClawpoolError(
    'unavailable',
    `OpenClaw could not be installed with npm: ${said}`,
    unreachable
      ? 'Check that npm reaches its registry (npm ping) and start Clawpool again.'
      : 'The message says why. Nothing was changed; repair it and start Clawpool again.',
  );
}

/** Turns what the file system or spawning npm refused into an error with a hint. */
function explain(what: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof ClawpoolError) throw error;
    const { code, syscall, message, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw storageFull(what);
    if (code === 'ENOENT' && syscall?.startsWith('spawn')) {
      throw new ClawpoolError(
        'unavailable',
        'npm is missing.',
        'Install Node.js with npm from your system’s packages.',
      );
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      throw new ClawpoolError(
        'unavailable',
        `${what}: ${message}`,
        `Make ${path ?? 'the folder'} writable for Clawpool.`,
      );
    }
    throw error;
  };
}

const storageFull = (what: string) =>
  new ClawpoolError('storage_full', `${what}: the disk is full.`, 'Free about 1 GB on the disk of the images folder.');

const isTaken = (error: unknown): boolean =>
  ['ENOTEMPTY', 'EEXIST', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
