import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClawpoolProcess, checkout, startClawpool } from '../support/clawpool-process.ts';

/** The `clawpool` command as a person uses it: the launcher, real processes, a real installation. */
let folder: string;
let data: string;
let running: ClawpoolProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'clawpool-cli-'));
  data = join(folder, 'data');
  running = await startClawpool(data);
});
afterAll(async () => {
  if (processesOf(data).length > 0) await running?.killTree();
  rmSync(folder, { recursive: true, force: true });
});

describe('clawpool up', () => {
  test('says where everything is, how to sign in, what protects the agents and which model answers', () => {
    const said = running.output();
    expect(said).toContain(`Console   ${running.url}\n`);
    expect(said).toMatch(/Sign in {3}\S+@\S+ {2}password \S{12,}\n.*must be changed at the first sign-in/);
    expect(said).toContain(`Data      ${data}\n`);
    expect(said).toMatch(/Driver {4}sandbox: .+\n +limits: /);
    expect(said).toContain('Model     demo/demo');
    expect(said).toContain('ANTHROPIC_API_KEY');
    expect(said).toMatch(/Database: embedded PostgreSQL \S+ \(\d+\.\d s\)/);
  });

  test('serves the console’s page and the API', async () => {
    const page = await fetch(running.url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>');
    expect((await fetch(`${running.url}/api/v1/installation`)).status).toBe(200);
  });

  test('keeps what it writes to itself', () => {
    expect(statSync(data).mode & 0o777).toBe(0o700);
    for (const file of ['run/clawpool.json', 'operator.token', 'logs/clawpool.log']) {
      expect(statSync(join(data, file)).mode & 0o077).toBe(0);
    }
  });

  test('prints no colour and no control character where no terminal is', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(running.output()).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test('a second one on the same data says where the first is, and changes nothing', () => {
    const second = clawpool('up', '--data', data, '--port', String(unusedPort));
    expect(second.status).toBe(1);
    expect(second.stderr).toMatch(new RegExp(`already runs on ${data}: http://127.0.0.1:\\d+ \\(process \\d+\\)`));
    expect(clawpool('status', '--data', data).status).toBe(0);
  });

  test('one on a port in use says so before anything is started', () => {
    const other = join(folder, 'other');
    const { port } = new URL(running.url);
    const second = clawpool('up', '--data', other, '--port', port);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`Port ${port} is in use by node`);
    expect(second.stderr).toContain(`--port ${Number(port) + 1}`);
    expect(readdirSync(other)).toEqual([]);
  });

  test('one with a database out of reach says which, and not its password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    const address = `postgres://clawpool:hunter2@127.0.0.1:${port}/clawpool`;
    const failed = clawpoolWith(
      { DATABASE_URL: address },
      'up',
      '--data',
      join(folder, 'third'),
      '--port',
      String(unusedPort),
    );
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain(`127.0.0.1:${port}/clawpool`);
    expect(failed.stderr).toContain('DATABASE_URL');
    expect(failed.stdout + failed.stderr).not.toContain('hunter2');
  });

  test('one with a data folder that cannot be written says so', () => {
    const failed = clawpool('up', '--data', '/proc/clawpool', '--port', String(unusedPort));
    expect(failed.status).toBe(2);
    expect(failed.stderr).toContain('Cannot write to the data folder /proc/clawpool');
  });
});

describe('the commands beside it', () => {
  test('status tells people and programs the same', () => {
    const text = clawpool('status', '--data', data);
    expect(text.stdout).toContain('27 in all');
    const json = clawpoolJson('status', '--data', data);
    expect(json).toMatchObject({
      url: running.url.replace('localhost', '127.0.0.1'),
      driver: { name: 'sandbox', isolates: true },
      model: { provider: 'demo' },
      tenants: { total: 27 },
    });
  });

  test('chat talks to an employee’s agent, and tells the truth about it meanwhile', () => {
    const answer = clawpool('chat', 'ryan', 'Who are you?', '--data', data);
    expect(answer.stderr).toContain('waking the agent…');
    expect(answer.stdout).toContain('Ryan Park');
    expect(answer.stdout).toContain('Software Engineer');
    expect(answer.status).toBe(0);
  });

  test('chat answers what is piped in, as JSON where asked', () => {
    const result = clawpoolReading('Run git status', 'chat', 'ryan@acme.example', '--json', '--data', data);
    expect(JSON.parse(result.stdout)).toMatchObject({
      text: expect.stringContaining('branch'),
      turn: { state: 'answered' },
    });
  });

  test('chat says who is meant when nobody, or several, can be', () => {
    const unknown = clawpool('chat', 'ryann', 'hi', '--data', data);
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain('Ryan Park <ryan@acme.example>');
    const several = clawpool('chat', 'acme.example', 'hi', '--data', data);
    expect(several.status).toBe(2);
    expect(several.stderr).toContain('fits several employees');
  });

  test('chat refuses a message that is too long, with the server’s reason', () => {
    const refused = clawpoolReading('x'.repeat(40_000), 'chat', 'ryan', '--data', data);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('Error: ');
    expect(refused.stdout).toBe('');
  });

  test('tenants lists everybody’s agent', () => {
    const { tenants } = clawpoolJson('tenants', '--data', data) as { tenants: { id: string; state: string }[] };
    expect(tenants).toHaveLength(27);
    expect(tenants.find(({ id }) => id === 'ryan')).toMatchObject({
      state: 'running',
      memoryBytes: expect.any(Number),
    });
    expect(clawpool('tenants', '--data', data).stdout.trimEnd().split('\n').length).toBeGreaterThanOrEqual(28);
  });

  test('logs shows the end of what a runtime wrote', () => {
    const { lines } = clawpoolJson('logs', 'ryan', '--lines', '5', '--data', data) as { lines: string[] };
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(5);
    const unknown = clawpool('logs', 'nobody-at-all', '--data', data);
    expect(unknown.status).toBe(1);
  });

  test('logs --follow goes on until Ctrl-C', async () => {
    const child = spawn(join(checkout, 'clawpool'), ['logs', 'ryan', '--follow', '--data', data], {
      env: environment(),
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect((await ended)[0]).toBe(0);
  });
});

describe('Ctrl-C', () => {
  test('stops everything in order, leaves no process and loses nothing', async () => {
    expect(processesOf(data).length).toBeGreaterThan(2);
    expect(await running.interrupt()).toBe(0);
    const said = running.output();
    const order = ['console and turns', 'agents', 'model gateway', 'database'].map((part) =>
      said.indexOf(`stopping ${part}`),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order[0]).toBeGreaterThan(0);
    expect(said).toContain('Nothing is lost');
    expect(processesOf(data)).toEqual([]);
    expect(existsSync(join(data, 'run/clawpool.json'))).toBe(false);
    expect(clawpool('status', '--data', data).status).toBe(3);
  });

  test('the next start shows no password again, and finds its data', async () => {
    running = await startClawpool(data, { args: [] });
    expect(running.output()).not.toMatch(/password/i);
    expect(clawpoolJson('status', '--data', data)).toMatchObject({ tenants: { total: 27, failed: 0 } });
    const log = readFileSync(join(data, 'logs/clawpool.log'), 'utf8').trimEnd().split('\n');
    for (const line of log) expect(JSON.parse(line)).toHaveProperty('time');
    expect(await running.interrupt()).toBe(0);
    expect(processesOf(data)).toEqual([]);
  });

  test('while it starts, stops what has been started', async () => {
    const fresh = join(folder, 'fresh');
    const child = spawn(join(checkout, 'clawpool'), ['up', '--data', fresh, '--port', String(unusedPort)], {
      env: environment(),
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(processesOf(fresh)).toEqual([]);
  });
});

/** A port nobody gets to listen on: commands that name it are refused before. */
const unusedPort = 65_111;

function clawpool(...argv: string[]) {
  return clawpoolWith({}, ...argv);
}

function clawpoolWith(extra: Record<string, string>, ...argv: string[]) {
  return spawnSync(join(checkout, 'clawpool'), argv, {
    cwd: folder,
    env: { ...environment(), ...extra },
    encoding: 'utf8',
    input: '',
  });
}

function clawpoolReading(input: string, ...argv: string[]) {
  return spawnSync(join(checkout, 'clawpool'), argv, { cwd: folder, env: environment(), encoding: 'utf8', input });
}

function clawpoolJson(...argv: string[]): unknown {
  const { status, stdout, stderr } = clawpool(...argv, '--json');
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}

function environment(): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME };
}

/** Command lines of the processes of this machine that name the folder. */
function processesOf(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return line.includes(path) ? [line] : [];
      } catch {
        return []; // it has just ended
      }
    });
}
