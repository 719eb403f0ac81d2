import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolEnvironment } from '../env.ts';

const home = join(import.meta.dirname, '../../..');
const packages = [
  'contracts',
  'workspace',
  'runtimes',
  'models',
  'channels',
  'client',
  'host',
  'server',
  'console',
  'cli',
];

describe('the walls between packages', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'clawpool-walls-'));
    cpSync(join(home, '.dependency-cruiser.mjs'), join(folder, '.dependency-cruiser.mjs'));
    write('package.json', JSON.stringify({ workspaces: ['packages/*'], devDependencies: { vitest: '1' } }));
    mkdirSync(join(folder, 'node_modules/@clawpool'), { recursive: true });
    for (const name of ['vitest', 'zod']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
      write(`node_modules/${name}/index.js`, '');
    }
    for (const name of packages) {
      write(
        `packages/${name}/package.json`,
        JSON.stringify({ name: `@clawpool/${name}`, exports: './index.ts', type: 'module' }),
      );
      write(`packages/${name}/index.ts`, 'export const here = 1;\nexport type There = number;\n');
      write(`packages/${name}/inside.ts`, 'export const inside = 1;\n');
      symlinkSync(join(folder, 'packages', name), join(folder, 'node_modules/@clawpool', name));
    }
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('let through what the architecture allows', () => {
    plant(
      'cli',
      "import '@clawpool/server';\nimport '@clawpool/host';\nimport type { There } from '@clawpool/models';",
    );
    plant('server', "import '@clawpool/contracts';\nimport './inside.ts';");
    plant('console', "import '@clawpool/client';");
    write('packages/server/http/routes.ts', "import '../pool/tenant-service.ts';");
    write('packages/server/pool/tenant-service.ts', "import '../store/database.ts';\nimport '../audit/audit.ts';");
    write('packages/server/audit/audit.ts', 'export {};');
    write('packages/server/store/database.ts', 'export {};');
    write('tests/integration/some.test.ts', "import '@clawpool/cli';\nimport 'vitest';");
    expect(cruise()).toEqual({ errors: 0, rules: [] });
  });

  it.each([
    ['server', 'host', 'server-imports-only-contracts-workspace-checkpoints'],
    ['server', 'models', 'server-imports-only-contracts-workspace-checkpoints'],
    ['contracts', 'workspace', 'contracts-imports-only-nothing-of-ours'],
    ['runtimes', 'host', 'runtimes-imports-only-contracts'],
    ['host', 'server', 'host-imports-only-contracts-workspace-runtimes-checkpoints'],
    ['console', 'server', 'console-imports-only-contracts-client'],
    ['client', 'cli', 'client-imports-only-contracts'],
    ['channels', 'server', 'channels-imports-only-contracts'],
    ['server', 'channels', 'server-imports-only-contracts-workspace-checkpoints'],
  ])('stop %s from importing %s', (from, to, rule) => {
    plant(from, `import '@clawpool/${to}';`);
    expect(cruise()).toEqual({ errors: 1, rules: [rule] });
  });

  it('stop an import of types only, and a dynamic one', () => {
    plant('server', "import type { There } from '@clawpool/host';");
    plant('client', "export const later = () => import('@clawpool/models');");
    expect(cruise().rules).toEqual([
      'client-imports-only-contracts',
      'server-imports-only-contracts-workspace-checkpoints',
    ]);
  });

  it('stop an import past a package’s index.ts', () => {
    plant('cli', "import '../server/inside.ts';");
    write('tests/integration/some.test.ts', "import '../../packages/models/inside.ts';");
    expect(cruise().rules).toEqual(['only-through-index', 'tests-and-benchmarks-only-through-index']);
  });

  it('stop a domain from reaching into http, and the store into a domain', () => {
    write('packages/server/http/routes.ts', 'export {};');
    write('packages/server/pool/tenant-service.ts', "import '../http/routes.ts';");
    write('packages/server/store/database.ts', "import '../audit/audit.ts';");
    write('packages/server/audit/audit.ts', 'export {};');
    expect(cruise().rules).toEqual(['domains-do-not-know-http', 'store-knows-no-domain']);
  });

  it('stop a cycle of files, but let types go round', () => {
    write('packages/host/one.ts', "import './other.ts';");
    write('packages/host/other.ts', "import './one.ts';");
    write('packages/models/one.ts', "import { x } from './other.ts';\nexport type One = number;");
    write('packages/models/other.ts', "import type { One } from './one.ts';\nexport const x = 1;");
    expect(cruise()).toEqual({ errors: 1, rules: ['no-cycles'] });
  });

  it('stop running code from using a tool of the root, and packages that nobody declares', () => {
    plant('host', "import 'vitest';");
    write('packages/host/some.test.ts', "import 'vitest';");
    plant('models', "import 'zod';");
    expect(cruise().rules).toEqual(['dependency-is-declared', 'not-to-dev-dependency']);
  });

  it('stop an import that leads nowhere, and a package that no rule knows', () => {
    plant('host', "import './gone.ts';");
    write('packages/drawer/index.ts', "import '@clawpool/contracts';");
    expect(cruise().rules).toEqual(['no-unresolvable', 'package-is-listed']);
  });

  function plant(name: string, source: string): void {
    write(`packages/${name}/planted.ts`, `${source}\n`);
  }

  function write(path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  function cruise(): { errors: number; rules: string[] } {
    const folders = ['packages', 'tests'].filter((name) => existsSync(join(folder, name)));
    const tool = join(home, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const result = spawnSync(
      process.execPath,
      [tool, ...folders, '--config', '.dependency-cruiser.mjs', '--output-type', 'json'],
      { cwd: folder, encoding: 'utf8', env: toolEnvironment() },
    );
    const { summary } = JSON.parse(result.stdout) as {
      summary: { error: number; violations: { rule: { name: string } }[] };
    };
    return { errors: summary.error, rules: summary.violations.map(({ rule }) => rule.name).sort() };
  }
});
