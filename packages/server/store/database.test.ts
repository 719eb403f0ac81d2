import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect, openDatabase } from './database.ts';
import { createTestDatabase } from './testing.ts';

const database = await createTestDatabase();
afterAll(() => database.close());

describe('DATABASE_URL', () => {
  let dataFolder: string;
  beforeEach(async () => {
    dataFolder = await mkdtemp(join(tmpdir(), 'clawpool-database-'));
  });
  afterEach(() => rm(dataFolder, { recursive: true }));

  const urlOf = ({ user, password, database: name, host }: pg.ClientConfig) =>
    `postgres://${user}:${encodeURIComponent(String(password))}@localhost/${name}?host=${encodeURIComponent(String(host))}`;

  test('leads to a server of one’s own', async () => {
    const external = await openDatabase({ dataFolder, databaseUrl: urlOf(database.connection) });
    expect(external.kind).toBe('external');
    expect(external.version).toMatch(/^\d+\.\d+$/);
    expect((await external.pool.query('select count(*)::int as users from users')).rows).toEqual([{ users: 0 }]);
    await external.close();
  });

  test('that nothing listens at is named by host and port, never by password', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    const attempt = openDatabase({ dataFolder, databaseUrl: `postgres://me:s3cret@127.0.0.1:${port}/mine` });
    const error = await attempt.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'unavailable',
      message: `Cannot use the PostgreSQL database at 127.0.0.1:${port}/mine (ECONNREFUSED).`,
      hint: expect.stringContaining('Start PostgreSQL'),
    });
    expect(JSON.stringify(error) + String(error)).not.toContain('s3cret');
  });

  test.each([
    ['a wrong password', { password: 'wrong' }, '28P01', 'password'],
    ['a database that does not exist', { database: 'nowhere' }, '3D000', 'Create it'],
  ])('with %s says so', async (_what, change, code, hint) => {
    await expect(
      openDatabase({ dataFolder, databaseUrl: urlOf({ ...database.connection, ...change }) }),
    ).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(code),
      hint: expect.stringContaining(hint),
    });
  });

  test.each(['mysql://localhost/x', 'nonsense', 'postgres'])('that is none is refused: %s', async (databaseUrl) => {
    await expect(openDatabase({ dataFolder, databaseUrl })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: expect.stringContaining('postgres://'),
    });
  });

  test('that failed leaves the data folder free', async () => {
    await openDatabase({ dataFolder, databaseUrl: 'nonsense' }).catch(() => {});
    const external = await openDatabase({ dataFolder, databaseUrl: urlOf(database.connection) });
    await external.close();
  });
});

test('two starts at once migrate an empty database once', async () => {
  const { pool, connection } = database;
  await pool.query('create database two_starts');
  const start = () =>
    connect({ connection: { ...connection, database: 'two_starts' }, kind: 'external', onProgress: () => {} });
  const both = await Promise.all([start(), start(), start()]);
  const { rows } = await pool.query(`select count(*) from pg_stat_activity where datname = 'two_starts'`);
  expect(Number(rows[0]?.count)).toBeGreaterThan(0);
  const [first] = both;
  const migrations = await first?.pool.query('select hash from drizzle.__drizzle_migrations');
  expect(new Set(migrations?.rows.map(({ hash }) => hash)).size).toBe(migrations?.rowCount);
  for (const opened of both) await opened.close();
  await pool.query('drop database two_starts');
});

test('a connection that breaks in the middle of a transaction fails that and nothing else', async () => {
  const database = await createTestDatabase();
  const broken = database.db.transaction(async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await database.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    // Nothing is asked of it meanwhile, as while a host works: whoever listens for its end is nobody but the pool.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await tx.execute(sql`select 1`);
  });
  await expect(broken).rejects.toThrow();
  expect((await database.pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await database.close();
});

test('connections that break leave no place of the pool taken', async () => {
  const database = await createTestDatabase();
  const other = new pg.Client(database.connection);
  await other.connect();
  for (let round = 0; round < 5; round++) {
    await Promise.allSettled(Array.from({ length: 10 }, () => database.pool.query('select pg_sleep(0.01)')));
    await other.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    // At once: some of these begin on connections whose end has not been noticed.
    const begun = Array.from({ length: 10 }, () => database.db.transaction((tx) => tx.execute(sql`select 1`)));
    await Promise.allSettled(begun);
    expect(database.pool.totalCount - database.pool.idleCount).toBe(0);
  }
  await other.end();
  await database.close();
});

test('a lost connection is replaced with the next query', async () => {
  const { pool } = database;
  await pool.query('select 1');
  await pool.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  );
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
});
