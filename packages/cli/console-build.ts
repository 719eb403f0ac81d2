import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { toolEnvironment } from './env.ts';
import { consoleBuildsFolder } from './folders.ts';

/** The packages from which the console's pages are made. */
const sourcePackages = ['console', 'client', 'contracts'];
/** Older builds that are kept: an installation that was started before the sources changed still serves its own. */
const keptBuilds = 3;

/**
 * The folder with the console's pages, built now if the sources of `home` have changed since they were last built.
 * @throws ClawpoolError `internal` with the end of what the build tool said; the signal's reason when aborted.
 */
export async function provideConsole(
  home: string,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<{ folder: string; built: boolean }> {
  const builds = consoleBuildsFolder(home);
  const folder = join(builds, hashSources(home));
  if (existsSync(join(folder, 'index.html'))) {
    const now = new Date();
    utimesSync(folder, now, now);
    return { folder, built: false };
  }
  onProgress('building');
  mkdirSync(builds, { recursive: true });
  const draft = `${folder}.building-${process.pid}`;
  try {
    await build(home, draft, signal);
    // Two builds of the same sources give the same pages: whoever comes second uses the first's.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  removeOldBuilds(builds);
  return { folder, built: true };
}

/** Changes when a source of the pages or a dependency's version changes. */
export function hashSources(home: string): string {
  const hash = createHash('sha256');
  const files = sourcePackages.flatMap((name) => listSources(home, join('packages', name)));
  for (const file of [...files.sort(), 'package-lock.json']) {
    hash.update(`${file}\0`);
    hash.update(readFileSync(join(home, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

function listSources(home: string, folder: string): string[] {
  return readdirSync(join(home, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return entry.name === 'node_modules' || entry.name === 'dist' ? [] : listSources(home, path);
    return /\.test\.tsx?$/.test(entry.name) ? [] : [path];
  });
}

/** In a process of its own: the build tool's memory is not to stay with the installation. */
function build(home: string, outFolder: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(
      process.execPath,
      [
        join(home, 'node_modules/vite/bin/vite.js'),
        'build',
        '--outDir',
        outFolder,
        '--emptyOutDir',
        '--logLevel',
        'warn',
      ],
      {
        cwd: join(home, 'packages/console'),
        env: toolEnvironment({ NO_COLOR: '1' }),
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(signal && { signal }),
      },
    );
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk).slice(-4_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.once('error', (error) => reject(signal?.aborted ? signal.reason : error));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new ClawpoolError(
            'internal',
            `The console could not be built:\n${output.trim()}`,
            'Mend what it complains about, or go back to sources that build.',
          ),
        );
    });
  });
}

function removeOldBuilds(builds: string): void {
  const found = readdirSync(builds)
    .filter((name) => /^[0-9a-f]{16}$/.test(name))
    .map((name) => ({ path: join(builds, name), usedAt: statSync(join(builds, name)).mtimeMs }))
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of found.slice(keptBuilds)) rmSync(path, { recursive: true, force: true });
}
