import { buffer } from 'node:stream/consumers';
import type { BlobStore } from '@clawpool/contracts';

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** A blob's content, read piece by piece. */
export async function readStream(blobs: BlobStore, hash: string): Promise<Buffer> {
  const stream = await blobs.stream(hash);
  if (!stream) throw new Error(`there is no ${hash}`);
  return buffer(stream);
}
