import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '@clawpool/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestInstallation } from '../support/installation.ts';

/** A PostgreSQL that is not the installation's own. */
let folder: string;
let elsewhere: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-elsewhere-'));
  elsewhere = await openDatabase({ dataFolder: folder });
  await elsewhere.pool.query('create database theirs');
});
afterAll(async () => {
  await elsewhere?.close();
  await rm(folder, { recursive: true, force: true });
});

function urlOf(database: string): string {
  const { user, password, host } = elsewhere.connection;
  const url = new URL('postgres://localhost/');
  url.username = user ?? '';
  url.password = String(password ?? '');
  url.pathname = database;
  url.searchParams.set('host', host ?? '');
  return url.href;
}

test('with DATABASE_URL the same way works on that database, and survives a restart', async () => {
  const installation = await startTestInstallation({ databaseUrl: urlOf('theirs') });
  try {
    expect(installation.database.kind).toBe('external');
    const carol = await installation.person('carol');
    const { conversationId, text } = await carol.ask('Who are you?');
    expect(text).toContain('Finance Analyst');

    await installation.restart();
    const again = await installation.person('carol');
    const { messages } = await again.client.call('conversation', { params: { conversationId } });
    expect(messages.map(({ role }) => role)).toEqual(['person', 'agent']);
  } finally {
    await installation.close();
  }
});

test.each([
  ['nothing listens there', 'postgres://somebody:hunter2@127.0.0.1:9/clawpool', /127\.0\.0\.1:9/],
  ['the database does not exist', () => urlOf('nowhere'), /nowhere/],
])('an unreachable DATABASE_URL is named without its password: %s', async (_what, url, named) => {
  const start = startTestInstallation({ databaseUrl: typeof url === 'string' ? url : url() });
  const error = await start.then(
    () => expect.unreachable('it started'),
    (reason: unknown) => reason as Error & { code: string; hint: string },
  );
  expect(error).toMatchObject({ code: 'unavailable', hint: expect.stringMatching(/DATABASE_URL|database/) });
  expect(error.message).toMatch(named);
  expect(`${error.message}${error.hint}`).not.toContain('hunter2');
  expect(`${error.message}${error.hint}`).not.toContain(String(elsewhere.connection.password));
});
