import { createHash, hash as hashNow } from 'node:crypto';
import { type BlobStore, ClawpoolError, DamagedBlobError } from '@clawpool/contracts';
import type { ObjectStore } from './object-store.ts';
import type { Seal } from './seal.ts';

/**
 * Content by its SHA-256 on any storage. The first seal writes, all of them are read.
 *
 * A `put` of what is there already proves that it is whole (read and compared on disk, the service's own word on S3), and replaces it when
 * it is not: so putting content again repairs it.
 *
 * `delete` and `put` know nothing of each other. Whoever deletes must see to it that nobody is putting the same content meanwhile and
 * about to rely on it; Clawpool does with a lock in PostgreSQL.
 */
export function createBlobStore(objects: ObjectStore, seals: readonly [Seal, ...Seal[]]): BlobStore {
  const [writer] = seals;
  const namesOf = (hash: string) => seals.map((seal) => ({ seal, name: seal.nameOf(checked(hash)) }));

  function holds(hash: string, bytes: number): Promise<boolean> {
    return objects.holds(writer.nameOf(hash), writer.sizeOf(bytes), (stored) => hasHash(opened(stored, writer), hash));
  }

  async function putBytes(content: Uint8Array) {
    const hash = hashNow('sha256', content, 'hex');
    if (await holds(hash, content.length)) return { hash, bytes: content.length, storedBytes: 0 };
    await objects.write(sealed(content, writer), async () => writer.nameOf(hash));
    return { hash, bytes: content.length, storedBytes: writer.sizeOf(content.length) };
  }

  async function putStream(content: AsyncIterable<Uint8Array>) {
    const result = { hash: '', bytes: 0, storedBytes: 0 };
    const digest = createHash('sha256');
    async function* observed() {
      for await (const piece of content) {
        digest.update(piece);
        result.bytes += piece.length;
        yield piece;
      }
    }
    await objects.write(sealedStream(observed(), writer), async () => {
      result.hash = digest.digest('hex');
      if (await holds(result.hash, result.bytes)) return null;
      result.storedBytes = writer.sizeOf(result.bytes);
      return writer.nameOf(result.hash);
    });
    return result;
  }

  return {
    put: async (content) => (content instanceof Uint8Array ? putBytes(content) : putStream(content)),

    get: async (hash) => {
      for (const { seal, name } of namesOf(hash)) {
        const stored = await objects.read(name).catch(damagedWhenUnreadable(hash));
        if (stored) return verified(stored, seal, hash);
      }
      return null;
    },

    stream: async (hash) => {
      for (const { seal, name } of namesOf(hash)) {
        const stored = await objects.stream(name);
        if (stored) return verifiedStream(stored, seal, hash);
      }
      return null;
    },

    has: async (hash) => {
      for (const { name } of namesOf(hash)) if (await objects.exists(name)) return true;
      return false;
    },

    delete: async (hash) => {
      for (const { name } of namesOf(hash)) await objects.remove(name);
    },

    list: async function* () {
      for await (const { name, bytes, storedAt } of objects.list()) {
        const hash = seals.map((seal) => seal.hashOf(name)).find((found) => found !== null);
        if (hash) yield { hash, bytes, storedAt };
      }
    },
  };
}

function sealed(content: Uint8Array, seal: Seal): Uint8Array {
  const sealing = seal.sealing();
  const first = sealing.update(content);
  const rest = sealing.finish();
  return rest.length === 0 ? first : Buffer.concat([first, rest]);
}

async function* sealedStream(content: AsyncIterable<Uint8Array>, seal: Seal): AsyncGenerator<Uint8Array> {
  const sealing = seal.sealing();
  for await (const piece of content) yield sealing.update(piece);
  yield sealing.finish();
}

async function* opened(stored: AsyncIterable<Uint8Array>, seal: Seal): AsyncGenerator<Uint8Array> {
  const opening = seal.opening();
  for await (const piece of stored) yield opening.update(piece);
  yield opening.finish();
}

async function hasHash(content: AsyncIterable<Uint8Array>, hash: string): Promise<boolean> {
  const digest = createHash('sha256');
  try {
    for await (const piece of content) digest.update(piece);
  } catch {
    return false; // Cannot be read or opened: as good as not there, so it is written again.
  }
  return digest.digest('hex') === hash;
}

function verified(stored: Buffer, seal: Seal, hash: string): Buffer {
  let content: Buffer;
  try {
    const opening = seal.opening();
    const first = opening.update(stored);
    const rest = opening.finish();
    content = rest.length === 0 ? asBuffer(first) : Buffer.concat([first, rest]);
  } catch (cause) {
    throw new DamagedBlobError(hash, { cause });
  }
  if (hashNow('sha256', content, 'hex') !== hash) throw new DamagedBlobError(hash);
  return content;
}

async function* verifiedStream(
  stored: AsyncIterable<Uint8Array>,
  seal: Seal,
  hash: string,
): AsyncGenerator<Uint8Array> {
  const digest = createHash('sha256');
  const opening = seal.opening();
  const open = (step: () => Uint8Array): Uint8Array => {
    try {
      return step();
    } catch (cause) {
      throw new DamagedBlobError(hash, { cause });
    }
  };
  for await (const piece of stored) {
    const plain = open(() => opening.update(piece));
    digest.update(plain);
    yield plain;
  }
  const rest = open(() => opening.finish());
  digest.update(rest);
  if (rest.length > 0) yield rest;
  if (digest.digest('hex') !== hash) throw new DamagedBlobError(hash);
}

/** What the disk cannot read any more is damaged content, not a storage that does not answer. */
function damagedWhenUnreadable(hash: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw error.code === 'EIO' ? new DamagedBlobError(hash, { cause: error }) : error;
  };
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A hash becomes a name: nothing else may. */
function checked(hash: string): string {
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new ClawpoolError('invalid_request', 'That is not the SHA-256 of anything.');
}
