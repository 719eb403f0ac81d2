import { randomUUID } from 'node:crypto';
import { type Attachment, attachmentLimits, type BlobStore, ClawpoolError } from '@clawpool/contracts';
import type { Database } from '../store/database.ts';
import { findAttachment, insertAttachment, removeUnsent, toAttachment } from './attachment-store.ts';

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
  /** Of a blob that no row names any more. */
  removeBlob(blob: string): Promise<void>;
}

export interface NewAttachment {
  organizationId: string;
  conversationId: string;
  name: string;
  mediaType: string;
}

const unsentMs = 24 * 60 * 60 * 1000;

export function createAttachments({ database, blobs }: { database: Database; blobs: BlobStore }): Attachments {
  return {
    store: async ({ name, mediaType, ...of }, content) => {
      const { hash, bytes } = await blobs.put(bounded(content));
      const plain = name.replace(/[\p{Cc}\\/]/gu, '_').slice(0, 200) || 'file';
      const row = { ...of, id: randomUUID(), name: plain, mediaType: mediaTypeOf(mediaType), bytes, blob: hash };
      return toAttachment(await insertAttachment(database.db, row));
    },
    open: async (organizationId, id) => {
      const row = await findAttachment(database.db, organizationId, id);
      const content = row && (await blobs.stream(row.blob));
      return row && content ? { attachment: toAttachment(row), conversationId: row.conversationId, content } : null;
    },
    removeUnsent: async (now) => {
      const before = new Date(now.getTime() - unsentMs);
      const unnamed = await database.db.transaction((tx) => removeUnsent(tx, before));
      for (const blob of unnamed) await blobs.delete(blob);
    },
    removeBlob: (blob) => blobs.delete(blob),
  };
}

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
