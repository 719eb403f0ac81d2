import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { inject } from 'vitest';
import { connect, type Database } from './database.ts';
import type { TestPostgres } from './testing-setup.ts';

let server: Promise<TestPostgres> | undefined;
let count = 0;

/**
 * A fresh, migrated database on the PostgreSQL that all tests of a run share (`testing-setup.ts` has to be a `globalSetup` of the
 * vitest configuration; the server starts when the first test asks for it). `close` drops it:
 *
 *     const database = await createTestDatabase();
 *     afterAll(() => database.close());
 */
export async function createTestDatabase(): Promise<Database> {
  server ??= sharedPostgres();
  const { template, ...connection } = await server;
  const name = `test_${process.pid}_${Date.now().toString(36)}_${++count}`;
  await command(connection, `create database ${name} template ${template}`);
  const database = await connect({
    connection: { ...connection, database: name },
    kind: 'embedded',
    onProgress: () => {},
  });
  return {
    ...database,
    close: async () => {
      await database.close();
      await command(connection, `drop database ${name} with (force)`);
    },
  };
}

/** Asks the run's main process, which starts it once and stops it at the end. */
async function sharedPostgres(): Promise<TestPostgres> {
  const socketPath = inject('postgresProvider');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ socketPath, path: '/' }, resolve).on('error', reject);
  });
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`The tests' PostgreSQL does not start: ${body}`);
  return JSON.parse(body) as TestPostgres;
}

/** `create` and `drop database` run outside of transactions and on a connection of their own. */
async function command(connection: pg.ClientConfig, statement: string): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
