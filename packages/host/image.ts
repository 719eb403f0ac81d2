import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
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

/** What can be installed on this host, one image per recipe in `packages/host/images`. */
export interface ImageCatalogue {
  /** Id of the image that is used where nobody chose another. */
  readonly default: string;
  readonly entries: readonly ImageEntry[];
  /** Whether the image can be used without installing anything. False for one that is not in the catalogue. */
  installed(id: string): Promise<boolean>;
  /**
   * Provides an image, installing it with npm where it is missing (about 20 s, once). An image appears whole or not at all: it is made
   * beside its place and renamed. Whoever comes second uses what the first one made.
   *
   * @throws ClawpoolError `not_found` for an image that is not in the catalogue; `unavailable` when npm is missing, cannot reach
   *   its registry or this machine has no such Node; `storage_full`
   */
  provide(id: string, onProgress: (line: string) => void): Promise<RuntimeImage>;
}

export interface ImageEntry {
  /** For example `openclaw-2026.6.35`. */
  id: string;
  /** OpenClaw's version. */
  version: string;
  /** Resident memory of a runtime that has answered a few turns and waits: what placement counts with. Measured on x86-64. */
  typicalMemoryMegabytes: number;
}

/** A recipe's folder has a `package.json` with these and a lock file that pins every package by its checksum. */
interface Recipe extends ImageEntry {
  folder: string;
  diskMegabytes: number;
}

const recipesFolder = join(import.meta.dirname, 'images');
const defaultRecipe = 'openclaw-2026.6';

/** The catalogue over the images below `imagesFolder`, which is made when the first image is. */
export function imageCatalogue({ imagesFolder }: { imagesFolder: string }): ImageCatalogue {
  const recipes = readdirSync(recipesFolder).sort().map(readRecipe);
  const installing = new Map<string, { image: Promise<RuntimeImage>; listeners: Set<(line: string) => void> }>();

  function recipeOf(id: string): Recipe {
    const found = recipes.find((recipe) => recipe.id === id);
    if (found) return found;
    const known = recipes.map((recipe) => recipe.id).join(', ');
    throw new ClawpoolError('not_found', `There is no image "${id}".`, `Choose one of these: ${known}.`);
  }

  async function installed(id: string): Promise<boolean> {
    const recipe = recipes.find((each) => each.id === id);
    return recipe !== undefined && isComplete(join(imagesFolder, id), neededFiles(recipe));
  }

  async function provide(id: string, onProgress: (line: string) => void): Promise<RuntimeImage> {
    const recipe = recipeOf(id);
    const underWay = installing.get(id);
    if (underWay) {
      underWay.listeners.add(onProgress);
      return underWay.image;
    }
    const listeners = new Set([onProgress]);
    const image = install(recipe, imagesFolder, (line) => {
      for (const listener of listeners) listener(line);
    });
    installing.set(id, { image, listeners });
    return image.finally(() => installing.delete(id));
  }

  return {
    default: readRecipe(defaultRecipe).id,
    entries: recipes.map(({ id, version, typicalMemoryMegabytes }) => ({ id, version, typicalMemoryMegabytes })),
    installed,
    provide,
  };
}

function readRecipe(name: string): Recipe {
  const folder = join(recipesFolder, name);
  const { version, clawpool } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
    clawpool: { typicalMemoryMegabytes: number; diskMegabytes: number };
  };
  return { id: `openclaw-${version}`, version, folder, ...clawpool };
}

/** Node's binary and OpenClaw's program, relative to the image's root. */
function programsOf({ version }: Recipe): { node: string; openclaw: string } {
  return { node: `node_modules/${nodePackage()}/bin/node`, openclaw: openclawProfile(version).program.file };
}

const neededFiles = (recipe: Recipe): string[] => Object.values(programsOf(recipe));

async function install(
  recipe: Recipe,
  imagesFolder: string,
  onProgress: (line: string) => void,
): Promise<RuntimeImage> {
  const { id, version } = recipe;
  const needed = neededFiles(recipe);
  await mkdir(imagesFolder, { recursive: true }).catch(explain('The images folder cannot be made'));
  const root = await realpath(imagesFolder);
  const folder = join(root, id);
  if (!(await isComplete(folder, needed))) {
    onProgress(`Installing OpenClaw ${version} with its own Node (once, about ${recipe.diskMegabytes} MB)`);
    const startedAt = performance.now();
    await removeAbandoned(root, id);
    await makeImage({ root, folder, recipe, needed });
    onProgress(`Installed OpenClaw ${version} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  }
  return { id, version, folder, ...programsOf(recipe), compileCache: join(root, 'compile-cache', id) };
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

async function makeImage(options: { root: string; folder: string; recipe: Recipe; needed: readonly string[] }) {
  const { root, folder, recipe, needed } = options;
  const unfinished = join(root, `.${recipe.id}.${process.pid}.${Math.random().toString(36).slice(2, 10)}`);
  try {
    await mkdir(unfinished);
    for (const file of ['package.json', 'package-lock.json'])
      await cp(join(recipe.folder, file), join(unfinished, file));
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
