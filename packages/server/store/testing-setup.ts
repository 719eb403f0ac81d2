import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { connect } from './database.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { createTestDatabases } from './test-databases.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Unix socket: `/` answers with a `TestPostgres` of the asker's own; `/NAME` takes its database back. */
    postgresProvider: string;
  }
}

export interface TestPostgres {
  host: string;
  user: string;
  password: string;
  /** A migrated and empty one. */
  database: string;
}

/**
 * vitest `globalSetup`: one embedded PostgreSQL for the whole run, in a temporary folder that goes with it. It starts when the
 * first test asks for a database, so runs without one do not pay for it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-test-'));
  let started: ReturnType<typeof startWithTemplate> | undefined;
  const provider = createServer((request, response) => {
    started ??= startWithTemplate(folder);
    const given = decodeURIComponent((request.url ?? '/').slice(1));
    started
      .then(async ({ connection, databases }) => {
        if (given !== '') return databases.giveBack(given);
        return { ...connection, database: await databases.take() } as TestPostgres;
      })
      .then(
        (answer) => response.end(JSON.stringify(answer ?? null)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  });
  provider.listen(join(folder, 'provider.sock'));
  await once(provider, 'listening');
  project.provide('postgresProvider', join(folder, 'provider.sock'));
  return async () => {
    provider.close();
    provider.closeAllConnections();
    await started?.then(({ postgres }) => postgres.close()).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  };
}

async function startWithTemplate(dataFolder: string) {
  const postgres = await startEmbeddedPostgres({ dataFolder, onProgress: () => {} });
  const template = 'clawpool_template';
  const client = new pg.Client(postgres.connection);
  await client.connect();
  await client.query(`create database ${template}`);
  await client.end();
  const migrated = await connect({
    connection: { ...postgres.connection, database: template },
    kind: 'embedded',
    onProgress: () => {},
  });
  await migrated.close();
  const { connection } = postgres;
  return { postgres, connection, databases: await createTestDatabases(connection, template) };
}
