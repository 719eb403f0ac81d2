import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toolEnvironment } from './env.ts';

describe('the command line', () => {
  let data: string;
  beforeAll(() => {
    data = mkdtempSync(join(tmpdir(), 'clawpool-program-'));
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  it('shows every command to who gives none, as wrong usage', () => {
    const { status, stderr } = clawpool();
    expect(status).toBe(2);
    for (const command of [
      'up',
      'status',
      'tenants',
      'pool',
      'backups',
      'templates',
      'skills',
      'load-test',
      'chat',
      'logs',
      'test',
      'version',
    ]) {
      expect(stderr).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
  });

  it.each(['up', 'status', 'tenants', 'pool', 'backups', 'templates', 'skills', 'load-test', 'chat', 'logs', 'test'])(
    'explains %s and its exit codes',
    (command) => {
      const { status, stdout } = clawpool(command, '--help');
      expect(status).toBe(0);
      expect(stdout).toContain(`Usage: clawpool ${command}`);
      expect(stdout).toContain('3 Clawpool is not running');
    },
  );

  it.each([
    [['nope'], "unknown command 'nope'"],
    [['stats'], 'Did you mean status?'],
    [['chat'], "missing required argument 'employee'"],
    [['up', '--port', 'http'], 'It must be a whole number from 1 to 65535.'],
    [['up', '--port', '0'], 'It must be a whole number from 1 to 65535.'],
    [['logs', 'carol', '--lines', '9999'], 'It must be a whole number from 1 to 5000.'],
    [['status', '--frobnicate'], "unknown option '--frobnicate'"],
    [['tenants', 'create', 'x', '--memory', 'lots'], 'It must be a size such as 512M or 2G.'],
    [['tenants', 'create', 'x', '--tag', 'nocolon'], 'It must be key:value'],
    [['tenants', '--state', 'asleep'], 'Allowed choices are'],
    [['tenants', 'delete', 'x'], 'Add --yes if you mean it.'],
    [['tenants', 'batch', 'explode', '--ids', 'a'], 'There is no batch “explode”.'],
    [['tenants', 'batch', 'stop'], 'Say which tenants.'],
    [['backups', 'delete', 'x'], 'Add --yes if you mean it.'],
    [['pool', 'warm-slots', 'standard'], "required option '--min <number>' not specified"],
  ])('refuses %j as wrong usage', (argv, message) => {
    const { status, stderr } = clawpool(...argv);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it.each([
    ['status'],
    ['tenants'],
    ['tenants', 'show', 'x'],
    ['tenants', 'create', 'x', '--tag', 'a:b'],
    ['tenants', 'delete', 'x', '--yes'],
    ['pool'],
    ['backups', 'export', 'x', '/nowhere/file'],
    ['load-test', 'run', '3'],
    ['logs', 'carol'],
    ['chat', 'carol', 'hi'],
  ])('%s ends with 3 when nothing runs', (...argv) => {
    const { status, stderr } = clawpool(...argv, '--data', data);
    expect(status).toBe(3);
    expect(stderr).toContain(`Clawpool is not running on ${data}.`);
    expect(stderr).toContain('clawpool up');
  });

  it('names a wrong environment variable', () => {
    const { status, stderr } = clawpoolWith({ PORT: 'x' }, 'status');
    expect(status).toBe(2);
    expect(stderr).toContain('PORT');
  });

  it('gives its version to people and to programs', () => {
    expect(clawpool('version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(JSON.parse(clawpool('version', '--json').stdout)).toMatchObject({ node: process.versions.node });
  });

  it('refuses the process driver without consent, before anything is started', () => {
    const config = join(data, 'clawpool.json');
    writeFileSync(config, '{"driver":"process"}');
    const { status, stderr } = clawpool('up', '--data', data, '--config', config);
    expect(status).toBe(2);
    expect(stderr).toContain('--unsafe-process-driver');
  });

  function clawpool(...argv: string[]) {
    return clawpoolWith({}, ...argv);
  }

  function clawpoolWith(extra: Record<string, string>, ...argv: string[]) {
    return spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...argv], {
      cwd: join(import.meta.dirname, '../..'),
      env: toolEnvironment(extra),
      encoding: 'utf8',
    });
  }
});
