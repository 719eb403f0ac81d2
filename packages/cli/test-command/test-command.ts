import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageCatalogue } from '@clawpool/host';
import { provideConsole } from '../console-build.ts';
import { toolEnvironment } from '../env.ts';
import { exitCode } from '../exit-code.ts';
import { imagesFolder } from '../folders.ts';
import { formatDuration } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { describeEnd, runQuietly, staticChecks } from './checks.ts';
import { provideRequirements } from './requirements.ts';
import { countTests, type TestCounts } from './vitest-report.ts';

/**
 * `clawpool test`: everything that has to be right, in one command. Filters are parts of test files' paths; with any,
 * only those files run. The last line is `N passed, N failed`.
 * Tests run without the person's provider keys and database: they bring what they need.
 */
export async function runTests(terminal: Terminal, home: string, filters: readonly string[]): Promise<number> {
  const env = toolEnvironment({ CLAWPOOL_HOME: home });
  provideRequirements(terminal.print);
  await provideImages(terminal, home);
  await provideConsolePages(terminal, home);
  const checks = filters.length === 0 ? await runChecks(terminal, home, env) : { passed: 0, failed: 0 };
  const tests = await runVitest(home, filters, env);
  for (const remark of tests.remarks) terminal.print(`${terminal.style.red('✗')} ${remark}`);
  const passed = checks.passed + tests.passed;
  const failed = checks.failed + tests.failed;
  terminal.print(`${passed} passed, ${failed} failed`);
  return failed === 0 ? exitCode.ok : exitCode.failed;
}

/** Before the tests, which would wait for npm inside of their time limits. One that cannot be installed makes its tests fail by themselves. */
async function provideImages(terminal: Terminal, home: string): Promise<void> {
  const images = imageCatalogue({ imagesFolder: imagesFolder(home) });
  for (const { id } of images.entries) {
    try {
      await images.provide(id, terminal.print);
    } catch (error) {
      terminal.print(`The image ${id} could not be installed: ${String(error)}`);
    }
  }
}

/** Once, where the browser tests would each begin with it. What is wrong with the sources, the checks say. */
async function provideConsolePages(terminal: Terminal, home: string): Promise<void> {
  try {
    await provideConsole(home, terminal.print);
  } catch (error) {
    terminal.print(`The console could not be built: ${String(error)}`);
  }
}

async function runChecks(
  terminal: Terminal,
  home: string,
  env: Record<string, string>,
): Promise<{ passed: number; failed: number }> {
  let failed = 0;
  const checks = staticChecks(home);
  for (const { name, argv } of checks) {
    const begin = performance.now();
    const { failure, output } = await runQuietly(home, argv, env);
    const took = terminal.style.dim(formatDuration(performance.now() - begin));
    if (failure === null) {
      terminal.print(`${terminal.style.green('✓')} ${name}  ${took}`);
    } else {
      failed += 1;
      terminal.print(`${terminal.style.red('✗')} ${name}: ${failure}  ${took}\n${output.trimEnd()}`);
    }
  }
  return { passed: checks.length - failed, failed };
}

async function runVitest(home: string, filters: readonly string[], env: Record<string, string>): Promise<TestCounts> {
  const folder = mkdtempSync(join(tmpdir(), 'clawpool-test-'));
  const reportFile = join(folder, 'report.json');
  try {
    const argv = [
      join(home, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
      ...filters,
    ];
    const end = await new Promise<string | null>((resolve) => {
      const child = spawn(process.execPath, argv, { cwd: home, env, stdio: ['ignore', 'inherit', 'inherit'] });
      child.once('error', (error) => resolve(error.message));
      child.once('close', (code, signal) => resolve(code === 0 ? null : describeEnd(code, signal)));
    });
    return countTests(readIfThere(reportFile), end);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
