import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import { attachmentLimits, type BlobStore } from '@clawpool/contracts';
import { createTestDatabase } from '@clawpool/server/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../store/database.ts';
import { attachments as rows } from '../store/schema/index.ts';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { type Attachments, createAttachments } from './attachments.ts';
import { openConversation } from './open-conversation.ts';

let database: Database;
let folder: string;
let blobs: BlobStore;
let attachments: Attachments;
let of: { organizationId: string; conversationId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  await insertSmallOrganization(database);
  folder = await mkdtemp(join(tmpdir(), 'clawpool-attachments-'));
  blobs = await openBlobFolder(folder);
  attachments = createAttachments({ database, blobs });
  const caller = { organizationId: 'org', tenantId: 'ann', path: 'emp', callerKey: 'user:user-ann' } as const;
  const { id } = await database.db.transaction((tx) =>
    openConversation(tx, { ...caller, callerName: 'ann', userId: 'user-ann' }),
  );
  of = { organizationId: 'org', conversationId: id };
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

async function* bytes(...chunks: string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks = [];
  for await (const chunk of content) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const stored = async () => {
  const hashes = [];
  for await (const { hash } of blobs.list()) hashes.push(hash);
  return hashes.length;
};

test('a file comes out as it went in, in its own organization only, under a name without folders', async () => {
  const attachment = await attachments.store(
    { ...of, name: '../../etc/passwd', mediaType: 'TEXT/plain' },
    bytes('one ', 'two'),
  );
  expect(attachment).toMatchObject({ name: '.._.._etc_passwd', mediaType: 'text/plain', bytes: 7 });
  const opened = await attachments.open('org', attachment.id);
  expect(opened && (await readAll(opened.content))).toBe('one two');
  expect(await attachments.open('other', attachment.id)).toBeNull();
});

test('what is no media type is bytes, and what is too large is refused while it arrives', async () => {
  const odd = await attachments.store({ ...of, name: 'x', mediaType: 'text/html\r\nx-evil: 1' }, bytes('x'));
  expect(odd.mediaType).toBe('application/octet-stream');
  let sent = 0;
  async function* endless() {
    for (;;) {
      sent += 1024 * 1024;
      yield new Uint8Array(1024 * 1024);
    }
  }
  await expect(attachments.store({ ...of, name: 'big', mediaType: 'text/plain' }, endless())).rejects.toMatchObject({
    code: 'too_large',
  });
  expect(sent).toBeLessThan(attachmentLimits.bytes + 8 * 1024 * 1024);
});

test('uploads that nobody sent go away after a day, with content that no other row names', async () => {
  await database.db.delete(rows);
  const before = await stored();
  await attachments.store({ ...of, name: 'a', mediaType: 'text/plain' }, bytes('the same'));
  await attachments.store({ ...of, name: 'b', mediaType: 'text/plain' }, bytes('the same'));
  expect(await stored()).toBe(before + 1);
  await attachments.removeUnsent(new Date());
  expect(await database.db.$count(rows)).toBe(2);
  await attachments.removeUnsent(new Date(Date.now() + 25 * 60 * 60 * 1000));
  expect(await database.db.$count(rows)).toBe(0);
  expect(await stored()).toBe(before);
});
