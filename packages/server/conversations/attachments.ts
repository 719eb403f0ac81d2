import { randomUUID } from 'node:crypto';
import { type Attachment, attachmentLimits, type BlobStore, ClawpoolError } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { Database } from '../store/database.ts';
import { findAttachment, insertAttachment, removeUnsent, toAttachment, unnamedOf } from './attachment-store.ts';

/** Files of messages, in both directions. Their content is in a blob store of their own, once however often it is sent. */
export interface Attachments {
  /** Errors: `too_large`, `storage_full`. It belongs to no message until one names it. */
  store(of: NewAttachment, content: AsyncIterable<Uint8Array>): Promise<Attachment>;
  /** Null: there is none of that id in the organization. */
  open(
    organizationId: string,
    id: string,
  ): Promise<{ attachment: Attachment; conversationId: string; content: AsyncIterable<Uint8Array> } | null>;
  /** Removes what was uploaded more than a day ago and not sent. */
  removeUnsent(now: Date): Promise<void>;
  /** Those of them that no row names any more. */
  removeBlobs(blobs: readonly string[]): Promise<void>;
}

export interface NewAttachment {
  organizationId: string;
  conversationId: string;
  name: string;
  mediaType: string;
}

const unsentMs = 24 * 60 * 60 * 1000;

export function createAttachments({ database, blobs }: { database: Database; blobs: BlobStore }): Attachments {
  async function removeBlobs(candidates: readonly string[]): Promise<void> {
    if (candidates.length === 0) return;
    await database.db.transaction(async (tx) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${blobLock})`);
      for (const blob of await unnamedOf(tx, candidates)) await blobs.delete(blob);
    });
  }

  return {
    store: async ({ name, mediaType, ...of }, content) => {
      const { hash, bytes } = await blobs.put(bounded(content));
      const plain = name.replace(/[\p{Cc}\\/]/gu, '_').slice(0, 200) || 'file';
      const row = { ...of, id: randomUUID(), name: plain, mediaType: mediaTypeOf(mediaType), bytes, blob: hash };
      return database.db.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock_shared(${blobLock})`);
        // The same content may just have been removed as nobody's.
        if (await blobs.has(hash)) return toAttachment(await insertAttachment(tx, row));
        throw new ClawpoolError('unavailable', 'The file could not be stored just now.', 'Send it again.');
      });
    },
    open: async (organizationId, id) => {
      const row = await findAttachment(database.db, organizationId, id);
      const content = row && (await blobs.stream(row.blob));
      return row && content ? { attachment: toAttachment(row), conversationId: row.conversationId, content } : null;
    },
    removeUnsent: async (now) => {
      const before = new Date(now.getTime() - unsentMs);
      await removeBlobs(await database.db.transaction((tx) => removeUnsent(tx, before)));
    },
    removeBlobs,
  };
}

/** Whoever adds a row shares it; whoever removes content that no row names has it alone. */
const blobLock = 4_201_973;

const mediaTypeOf = (given: string) =>
  /^[\w.+-]+\/[\w.+-]+$/u.test(given) && given.length <= 100 ? given.toLowerCase() : 'application/octet-stream';

async function* bounded(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > attachmentLimits.bytes) {
      throw new ClawpoolError(
        'too_large',
        `An attachment may have ${attachmentLimits.bytes / 1024 / 1024} MiB.`,
        'Send a smaller file.',
      );
    }
    yield chunk;
  }
}
