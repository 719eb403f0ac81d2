import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashSources, provideConsole } from './console-build.ts';

/** Stands in for the build tool: notes each call, and writes a page into the folder it is given. */
const tool = `
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
appendFileSync('../../builds', '1');
if (existsSync('broken')) { console.error('cannot resolve ./gone.tsx'); process.exit(1); }
const folder = process.argv[process.argv.indexOf('--outDir') + 1];
mkdirSync(folder, { recursive: true });
writeFileSync(folder + '/index.html', 'page');
`;

describe('the console’s pages', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'clawpool-console-'));
    for (const name of ['console', 'client', 'contracts']) write(`packages/${name}/index.ts`, 'export {};');
    write('package-lock.json', '{}');
    write('node_modules/vite/package.json', '{"type":"module"}');
    write('node_modules/vite/bin/vite.js', tool);
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('are built once, and again when a source or a dependency changed', async () => {
    const first = await provideConsole(home, () => {});
    expect(first.built).toBe(true);
    expect(await provideConsole(home, () => {})).toEqual({ folder: first.folder, built: false });
    write('packages/contracts/index.ts', 'export const changed = 1;');
    const second = await provideConsole(home, () => {});
    expect(second.built).toBe(true);
    expect(second.folder).not.toBe(first.folder);
  });

  it('do not depend on tests and installed packages', () => {
    const before = hashSources(home);
    write('packages/console/page.test.tsx', 'x');
    write('packages/console/node_modules/x/index.js', 'x');
    expect(hashSources(home)).toBe(before);
    write('packages/console/page.tsx', 'x');
    expect(hashSources(home)).not.toBe(before);
  });

  it('leave nothing behind when the build fails, and say what it said', async () => {
    write('packages/console/broken', '');
    await expect(provideConsole(home, () => {})).rejects.toThrow('cannot resolve ./gone.tsx');
    expect(readdirSync(join(home, '.clawpool/console'))).toEqual([]);
  });

  it('keep the builds used last', async () => {
    for (let age = 1; age <= 5; age += 1) {
      const folder = join(home, '.clawpool/console', `${age}`.repeat(16));
      mkdirSync(folder, { recursive: true });
      utimesSync(folder, new Date(1_000_000 - age), new Date(1_000_000 - age));
    }
    const { folder } = await provideConsole(home, () => {});
    expect(readdirSync(dirname(folder)).sort()).toEqual(['1'.repeat(16), '2'.repeat(16), folder.slice(-16)].sort());
  });

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text);
  }
});
