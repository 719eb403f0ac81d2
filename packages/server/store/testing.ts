import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import { connect, type Database } from './database.ts';
import type { TestPostgres } from './testing-setup.ts';

/**
 * A migrated and empty database on the PostgreSQL that all tests of a run share (`testing-setup.ts` has to be a `globalSetup` of the
 * vitest configuration; the server starts when the first test asks for it). `close` gives it back:
 *
 *     const database = await createTestDatabase();
 *     afterAll(() => database.close());
 */
export async function createTestDatabase(): Promise<Database> {
  const connection = (await ask('')) as TestPostgres;
  const database = await connect({ connection, kind: 'embedded', onProgress: () => {} });
  return {
    ...database,
    close: async () => {
      await database.close();
      await ask(connection.database);
    },
  };
}

/** Asks the run's main process, which starts the server once and stops it at the end. */
async function ask(about: string): Promise<unknown> {
  const socketPath = inject('postgresProvider');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ socketPath, path: `/${about}` }, resolve).on('error', reject);
  });
  const body = await text(response);
  if (response.statusCode !== 200) throw new Error(`The tests' PostgreSQL does not answer as it should: ${body}`);
  return JSON.parse(body);
}
