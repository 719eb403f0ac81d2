import { fileURLToPath } from 'node:url';
import { ClawpoolError } from '@clawpool/contracts';
import { drizzle, type NodePgDatabase, type NodePgQueryResultHKT } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type { PgDatabase } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { type DataFolderLock, lockDataFolder } from './data-folder.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import * as schema from './schema/index.ts';

/** Drizzle over the connection pool. */
export type Drizzle = NodePgDatabase<typeof schema>;
/** What `db.transaction` hands to its function. Use cases that must commit together take this. */
export type Transaction = Parameters<Parameters<Drizzle['transaction']>[0]>[0];
/** Either of them, for queries that do not care. */
export type Queryable = PgDatabase<NodePgQueryResultHKT, typeof schema>;

export interface Database {
  db: Drizzle;
  pool: pg.Pool;
  /** How to open one more connection, for `LISTEN`. */
  connection: pg.ClientConfig;
  kind: 'embedded' | 'external';
  /** For example `18.4`. */
  version: string;
  /** Ends the pool, stops an embedded PostgreSQL in order, frees the data folder. A second call waits for the first. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** Created with mode 0700 when missing; used by one Clawpool at a time. */
  dataFolder: string;
  /** PostgreSQL 14 or newer. Absent: the embedded one under `<dataFolder>/postgres`. */
  databaseUrl?: string;
  /** Told in one line what takes long: creating the database, recovering it, waiting for another start's migration. */
  onProgress?: (line: string) => void;
}

/**
 * Opens the installation's database, brings its schema up to date and keeps the data folder for this process.
 * Errors: `conflict` (another Clawpool uses the folder), `unavailable` (no connection, or a server that does not fit),
 * `storage_full`, `invalid_request` (an address that is none).
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const onProgress = options.onProgress ?? (() => {});
  const lock = await lockDataFolder(options.dataFolder);
  try {
    return options.databaseUrl
      ? await connect({ connection: externalConnection(options.databaseUrl), kind: 'external', onProgress, lock })
      : await startAndConnect(options.dataFolder, onProgress, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startAndConnect(dataFolder: string, onProgress: (line: string) => void, lock: DataFolderLock) {
  const postgres = await startEmbeddedPostgres({ dataFolder, onProgress });
  try {
    return await connect({ connection: postgres.connection, kind: 'embedded', onProgress, lock, stop: postgres.close });
  } catch (error) {
    await postgres.close();
    throw error;
  }
}

interface Connecting {
  connection: pg.ClientConfig;
  kind: Database['kind'];
  onProgress: (line: string) => void;
  lock?: DataFolderLock;
  stop?: () => Promise<void>;
}

/** Opens the pool and migrates. Also the way tests open a database of their own. */
export async function connect({ connection, kind, onProgress, lock, stop }: Connecting): Promise<Database> {
  const pool = new pg.Pool({ ...connection, max: 20, idleTimeoutMillis: 60_000, connectionTimeoutMillis: 10_000 });
  // An idle connection that breaks is replaced with the next query, and one in use fails what it is used for; without a listener either
  // would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    const version = await serverVersion(pool, connection);
    await migrateUnderLock(connection, onProgress);
    let closed: Promise<void> | undefined;
    const close = async () => {
      await pool.end();
      await stop?.();
      await lock?.release();
    };
    return {
      ...{ db: withOwnTransactions(drizzle(pool, { schema }), pool), pool, connection, kind, version },
      close: () => {
        closed ??= close();
        return closed;
      },
    };
  } catch (error) {
    await pool.end();
    throw error;
  }
}

/**
 * Drizzle (0.45) keeps the connection when its `begin` fails, as it does on one that broke while it was idle: after as many as the pool has,
 * everything would wait for ever. So connections are taken and given back here. pg-pool drops the broken ones.
 */
function withOwnTransactions(db: Drizzle, pool: pg.Pool): Drizzle {
  db.transaction = async (run, config) => {
    const client = await pool.connect();
    try {
      // Without the schema, which only Drizzle's relational queries need and which takes half a millisecond to read.
      return await drizzle(client).transaction((tx) => run(tx as unknown as Transaction), config);
    } finally {
      client.release();
    }
  };
  return db;
}

/** The oldest PostgreSQL its own project still maintains. */
const oldestMajor = 14;

async function serverVersion(pool: pg.Pool, connection: pg.ClientConfig): Promise<string> {
  const answer = await pool
    .query<{ server_version: string; encoding: string }>(
      `select current_setting('server_version') as server_version, current_setting('server_encoding') as encoding`,
    )
    .catch((error: unknown) => {
      throw unreachable(connection, error);
    });
  const { server_version = '', encoding = '' } = answer.rows[0] ?? {};
  const version = server_version.split(' ', 1)[0] ?? '';
  if (Number.parseInt(version, 10) < oldestMajor) {
    throw new ClawpoolError(
      'unavailable',
      `PostgreSQL ${version} at ${addressOf(connection)} is too old.`,
      `Use PostgreSQL ${oldestMajor} or newer, or unset DATABASE_URL for the embedded one.`,
    );
  }
  if (encoding !== 'UTF8') {
    throw new ClawpoolError(
      'unavailable',
      `The database at ${addressOf(connection)} stores ${encoding}, not UTF8.`,
      'Create it again with: create database … encoding UTF8 template template0.',
    );
  }
  return version;
}

/** One advisory lock of PostgreSQL, so that two starts at once migrate one after the other. Any fixed number does. */
const migrationLock = 827_149_263;

async function migrateUnderLock(connection: pg.ClientConfig, onProgress: (line: string) => void): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect().catch((error: unknown) => {
    throw unreachable(connection, error);
  });
  try {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      migrationLock,
    ]);
    if (!rows[0]?.taken) {
      onProgress('Waiting for another start that updates the database');
      await client.query('select pg_advisory_lock($1)', [migrationLock]);
    }
    await migrate(drizzle(client), { migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)) });
  } finally {
    await client.end();
  }
}

function externalConnection(databaseUrl: string): pg.ClientConfig {
  const url = URL.canParse(databaseUrl) ? new URL(databaseUrl) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw new ClawpoolError(
      'invalid_request',
      'DATABASE_URL is not the address of a PostgreSQL database.',
      'It looks like postgres://user:password@host:5432/database.',
    );
  }
  return { connectionString: databaseUrl, application_name: 'clawpool' };
}

/** Host, port and database; never the user's password. */
function addressOf(connection: pg.ClientConfig): string {
  if (!connection.connectionString) return `${connection.host}`;
  const url = new URL(connection.connectionString);
  return `${url.hostname || url.searchParams.get('host') || 'localhost'}:${url.port || '5432'}${url.pathname}`;
}

const connectionHints: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Start PostgreSQL, or correct host and port in DATABASE_URL.',
  ENOTFOUND: 'The host name is unknown. Correct it in DATABASE_URL.',
  EAI_AGAIN: 'The host name could not be looked up. Correct it in DATABASE_URL, or check the name server.',
  ETIMEDOUT: 'It does not answer. Check firewalls between this machine and it.',
  '28P01': 'It refused the password. Correct it in DATABASE_URL.',
  '28000': 'It refused the user. Correct DATABASE_URL, or the server’s pg_hba.conf.',
  '3D000': 'It has no database of that name. Create it, or correct DATABASE_URL.',
};

function unreachable(connection: pg.ClientConfig, error: unknown): ClawpoolError {
  // Several addresses of one host name: the first one's reason stands for all.
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  const code = (cause as { code?: string }).code ?? '';
  return new ClawpoolError(
    'unavailable',
    `Cannot use the PostgreSQL database at ${addressOf(connection)}${code ? ` (${code})` : ''}.`,
    connectionHints[code] ?? 'Check DATABASE_URL and that the server runs, or unset it to use the embedded PostgreSQL.',
    { cause },
  );
}
