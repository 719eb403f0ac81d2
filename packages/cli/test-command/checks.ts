import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A static check: one program that ends with 0 when all is well. It counts as one test. */
export interface Check {
  name: string;
  /** Arguments to Node. */
  argv: string[];
}

/** The static checks of the checkout at `home`, in the order in which they run: what is mended most easily comes first. */
export function staticChecks(home: string): Check[] {
  const tool = (path: string, ...argv: string[]) => [join(home, 'node_modules', path), ...argv];
  const folders = ['packages', 'tests', 'bench'].filter((folder) => existsSync(join(home, folder)));
  return [
    {
      name: 'format and lint (biome)',
      argv: tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--colors=off', '.'),
    },
    { name: 'types (tsc)', argv: tool('typescript/bin/tsc', '--noEmit', '-p', '.') },
    { name: 'types of the console (tsc)', argv: tool('typescript/bin/tsc', '--noEmit', '-p', 'packages/console') },
    {
      name: 'types of the browser tests (tsc)',
      argv: tool('typescript/bin/tsc', '--noEmit', '-p', 'tests/browser'),
    },
    {
      name: 'walls between packages (dependency-cruiser)',
      argv: tool(
        'dependency-cruiser/bin/dependency-cruiser.mjs',
        ...folders,
        '--config',
        '.dependency-cruiser.mjs',
        '--output-type',
        'err-long',
      ),
    },
    {
      name: 'unused code and dependencies (knip)',
      argv: tool('knip/bin/knip.js', '--no-progress'),
    },
  ];
}

/** Runs a program quietly. `output` is what it wrote, to be shown when it failed; `failure` is why, or null. */
export function runQuietly(
  home: string,
  argv: readonly string[],
  env: Record<string, string>,
): Promise<{ failure: string | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', (error) => resolve({ failure: error.message, output }));
    child.once('close', (code, signal) => resolve({ failure: code === 0 ? null : describeEnd(code, signal), output }));
  });
}

export function describeEnd(code: number | null, signal: string | null): string {
  return signal ? `ended by ${signal}` : `ended with exit code ${code}`;
}
