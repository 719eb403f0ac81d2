import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processIdentity } from './data-folder.ts';
import { type Database, openDatabase } from './database.ts';

let folder: string;
const children: ChildProcess[] = [];
const opened: Database[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-postgres-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const database of opened.splice(0)) await database.close();
  await serverGone();
  await rm(folder, { recursive: true, force: true });
});

const dataFolder = () => join(folder, 'data');
const cluster = () => join(dataFolder(), 'postgres', 'data');

async function open(progress: string[] = [], path = dataFolder()) {
  const database = await openDatabase({ dataFolder: path, onProgress: (line) => progress.push(line) });
  opened.push(database);
  return database;
}

async function serverPid(): Promise<number> {
  return Number.parseInt(await readFile(join(cluster(), 'postmaster.pid'), 'utf8').catch(() => '0'), 10);
}

async function serverGone(): Promise<void> {
  for (let pid = await serverPid(); pid > 0 && processIdentity(pid) !== null; ) await sleep(20);
}

/** A process of its own that opens the database, tells its address and waits. */
async function openElsewhere(
  prefix: string[] = [],
  path = dataFolder(),
): Promise<{ child: ChildProcess; line: string }> {
  const script = `
    const { openDatabase } = await import(${JSON.stringify(new URL('./database.ts', import.meta.url).href)});
    const database = await openDatabase({ dataFolder: ${JSON.stringify(path)} }).catch((error) => {
      console.log(JSON.stringify({ error: error.message }));
      process.exit(1);
    });
    console.log(JSON.stringify(database.connection));
    setInterval(() => {}, 1000);`;
  const [file = '', ...args] = [...prefix, process.execPath, '--input-type=module', '-e', script];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  if (!child.stdout) throw new Error('unreachable');
  const [line] = await once(child.stdout, 'data');
  return { child, line: String(line) };
}

describe('the embedded PostgreSQL', () => {
  test('keeps what was written, in folders nobody else can enter, and listens on no network', async () => {
    const first = await open();
    await first.pool.query('create table kept as select 42 as answer');
    const { rows: settings } = await first.pool.query<{ setting: string }>(
      `select setting from pg_settings where name in ('listen_addresses', 'fsync', 'full_page_writes', 'synchronous_commit') order by name`,
    );
    expect(settings.map(({ setting }) => setting)).toEqual(['on', 'on', '', 'on']);
    await first.close();
    expect(await serverPid()).toBe(0);
    for (const path of [dataFolder(), join(dataFolder(), 'postgres'), cluster()]) {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    }

    const progress: string[] = [];
    const second = await open(progress);
    expect((await second.pool.query('select answer from kept')).rows).toEqual([{ answer: 42 }]);
    expect(progress).toEqual([]);
    await second.close();
  });

  test('sorts and folds text the same on every machine', async () => {
    const { pool, close } = await open();
    const { rows } =
      await pool.query(`select datlocprovider, datcollate, lower('ÄÖ') as folded, pg_encoding_to_char(encoding) as encoding
      from pg_database where datname = current_database()`);
    expect(rows).toEqual([{ datlocprovider: 'b', datcollate: 'C', folded: 'äö', encoding: 'UTF8' }]);
    await close();
  });

  test('asks for its password', async () => {
    const { connection, close } = await open();
    const client = new pg.Client({ ...connection, password: 'guess' });
    await expect(client.connect()).rejects.toThrow('password authentication failed');
    await close();
  });

  test('recovers after kill -9 of everything, and says so', async () => {
    const { child, line } = await openElsewhere();
    const client = new pg.Client(JSON.parse(line));
    client.on('error', () => {});
    await client.connect();
    await client.query('create table kept as select 42 as answer');
    const pid = await serverPid();
    child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await once(child, 'exit');

    const progress: string[] = [];
    const { pool, close } = await open(progress);
    expect((await pool.query('select answer from kept')).rows).toEqual([{ answer: 42 }]);
    expect(progress).toContain('Recovering the database: it was not shut down in order');
    await close();
  });

  test('waits for a killed server whose parent has not asked yet how it ended', async () => {
    await (await open()).close();
    const { uid, gid } = await stat(cluster());
    // The inner sleep ends at once and keeps its number for as long as the outer one, its parent, does not look.
    const parent = spawn('sh', ['-c', 'sleep 0.1 & echo $!; exec sleep 1'], {
      uid,
      gid,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
    const lock = join(cluster(), 'postmaster.pid');
    await writeFile(lock, `${pid.toString().trim()}\n`, { mode: 0o600 });
    await chown(lock, uid, gid);
    while (processIdentity(Number(pid)) !== null) await sleep(20);
    expect(existsSync(`/proc/${pid.toString().trim()}`)).toBe(true);

    const { pool, close } = await open();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await close();
  });

  test('does not outlive the process that started it', async () => {
    const { child } = await openElsewhere();
    const pid = await serverPid();
    const identity = processIdentity(pid);
    expect(identity).not.toBeNull();
    child.kill('SIGKILL');
    while (processIdentity(pid) === identity) await sleep(20);
    expect(existsSync(join(cluster(), 'postmaster.pid'))).toBe(false);
  });

  test('is started again when it ends by itself', async () => {
    const progress: string[] = [];
    const { pool, close } = await open(progress);
    const pid = await serverPid();
    process.kill(pid, 'SIGKILL');
    while ((await serverPid()) === pid || !(await pool.query('select 1').catch(() => null))) await sleep(50);
    expect(progress).toContain('PostgreSQL ended unexpectedly; starting it again');
    await close();
  });

  test('starts where the number of its last process belongs to another one now', async () => {
    await (await open()).close();
    await writeFile(join(cluster(), 'postmaster.pid'), `${process.pid}\n${cluster()}\n`);
    const { pool, close } = await open();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await close();
  });

  test('reaches its socket in a data folder with a very long path', async () => {
    const long = join(folder, 'd'.repeat(60), 'e'.repeat(60));
    const { pool, connection, close } = await open([], long);
    expect(Buffer.byteLength(`${connection.host}/.s.PGSQL.5432`)).toBeLessThanOrEqual(107);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await close();
  });

  test('names the version when the data is of another one, and touches nothing', async () => {
    await (await open()).close();
    await writeFile(join(cluster(), 'PG_VERSION'), '15\n');
    await expect(open()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('PostgreSQL 15'),
      hint: expect.any(String),
    });
    await writeFile(join(cluster(), 'PG_VERSION'), '18\n');
    await (await open()).close();
  });

  test('starts anew after a first start that was interrupted half-way', async () => {
    await mkdir(`${cluster()}.new/data`, { recursive: true });
    await writeFile(`${cluster()}.new/data/PG_VERSION`, '18');
    await (await open()).close();
    expect(existsSync(`${cluster()}.new`)).toBe(false);
  });

  test('gives the reason from its log when it does not start', async () => {
    await (await open()).close();
    await writeFile(join(cluster(), 'postgresql.auto.conf'), 'shared_buffers = nonsense\n');
    await writeFile(join(cluster(), 'postgresql.conf'), 'max_connections = many\n');
    await expect(open()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/PostgreSQL does not start: .*configuration file/),
    });
  });
});

describe('a data folder', () => {
  test('is used by one Clawpool at a time; the second learns which process has it', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    const { line } = await openElsewhere();
    expect(line).toContain(`process ${process.pid}`);
    expect((await first.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await first.close();
    await (await open()).close();
  });

  test('is free again after kill -9', async () => {
    const { child } = await openElsewhere();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await open()).close();
  });

  test('that cannot be made is named, with what to do', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(open([], join(folder, 'file', 'data'))).rejects.toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('--data'),
    });
  });
});

describe('users', () => {
  /** Has a name on every Linux, which initdb asks for. */
  const nobody = 65_534;
  const isRoot = process.getuid?.() === 0;

  test('the one we run as starts it below a folder only they may enter', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const { pool, close } = await open([], join(closed, 'data'));
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await close();
    const owner = (await stat(join(closed, 'data', 'postgres', 'data'))).uid;
    expect(owner === 0).toBe(false);
    expect(owner === process.getuid?.()).toBe(!isRoot);
  });

  test('a normal one starts it without help, and root keeps it theirs afterwards', async () => {
    if (!isRoot) return void (await (await open()).close());
    await chmod(folder, 0o755);
    await mkdir(dataFolder(), { mode: 0o700 });
    await promisify(execFile)('chown', ['65534', dataFolder()]);
    const { child, line } = await openElsewhere(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
    expect(JSON.parse(line)).toHaveProperty('host');
    expect((await stat(cluster())).uid).toBe(nobody);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await open()).close();
    expect((await stat(cluster())).uid).toBe(nobody);
    const again = await openElsewhere(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']);
    expect(JSON.parse(again.line)).toHaveProperty('host');
  });
});
