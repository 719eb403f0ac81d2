/**
 * The keys of an encrypted blob store. Beside its blobs the store says which keys it was ever written with (`keys/<id>`), so that a missing
 * one is noticed when Clawpool starts, and not when somebody's files are needed.
 */
import { createHmac } from 'node:crypto';
import { ClawpoolError } from '@clawpool/contracts';
import { z } from 'zod';
import type { ObjectStore } from './object-store.ts';

export interface BlobKey {
  /** Names the key without telling anything about it: 16 hexadecimal digits. */
  id: string;
  secret: Buffer;
}

/** A service that keeps a master key and gives out keys that only it can unwrap. */
export interface KeyService {
  newKey(): Promise<{ secret: Buffer; wrapped: string }>;
  unwrap(wrapped: string): Promise<Buffer>;
  /** The master key that new keys are wrapped with. */
  masterKey: string;
}

/**
 * @param texts 32 bytes each, in base64 or hexadecimal digits
 * @throws ClawpoolError `invalid_request`, without the text
 */
export function parseKeys(texts: readonly string[]): BlobKey[] {
  return texts.map((text, index) => {
    const secret = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
    if (secret.length === 32) return keyOf(secret);
    throw new ClawpoolError(
      'invalid_request',
      `The blob store's encryption key${texts.length > 1 ? ` number ${index + 1}` : ''} is not 32 bytes in base64 or hexadecimal digits.`,
      'Make one with: openssl rand -base64 32. Several are separated with commas, the newest first.',
    );
  });
}

/**
 * All keys of the store, the one to write with first; makes the key service's first one. Empty: it is not encrypted.
 *
 * @throws ClawpoolError `invalid_request` when the store was written with a key that is not given
 */
export async function keysOfStore(
  objects: ObjectStore,
  given: readonly BlobKey[],
  service: KeyService | undefined,
): Promise<BlobKey[]> {
  const noted = await readNotes(objects);
  const unwrapped = [];
  for (const note of noted) {
    if (note.wrapped !== undefined && service) {
      unwrapped.push({ note, key: keyOf(await service.unwrap(note.wrapped)) });
    } else if (note.wrapped !== undefined || !given.some(({ id }) => id === note.id)) {
      throw missingKey(note);
    }
  }
  const keys = [...unwrapped.map(({ key }) => key), ...given];
  if (!service) {
    if (given[0] && !noted.some(({ id }) => id === given[0]?.id)) await writeNote(objects, noteOf(given[0]));
    return keys;
  }
  const current = unwrapped.filter(({ note }) => note.masterKey === service.masterKey).at(-1)?.key;
  const writer = current ?? (await makeKey(objects, service));
  return [writer, ...keys.filter(({ id }) => id !== writer.id)];
}

/** Every process that finds none makes one of its own; both stay readable, so nothing is lost when two do. */
async function makeKey(objects: ObjectStore, service: KeyService): Promise<BlobKey> {
  const { secret, wrapped } = await service.newKey();
  const key = keyOf(secret);
  await writeNote(objects, { ...noteOf(key), wrapped, masterKey: service.masterKey });
  return key;
}

const keyNote = z.object({
  id: z.string(),
  createdAt: z.string(),
  /** Set when a key service keeps it. */
  wrapped: z.string().optional(),
  masterKey: z.string().optional(),
});
type KeyNote = z.infer<typeof keyNote>;

/** Oldest first. */
async function readNotes(objects: ObjectStore): Promise<KeyNote[]> {
  const notes: KeyNote[] = [];
  for await (const { name } of objects.list('keys')) {
    const content = await objects.read(name);
    if (content) notes.push(parseNote(name, content));
  }
  return notes.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

function parseNote(name: string, content: Buffer): KeyNote {
  try {
    return keyNote.parse(JSON.parse(content.toString()));
  } catch (cause) {
    throw new ClawpoolError(
      'internal',
      `${name} in the blob store, which says which key it is encrypted with, is damaged.`,
      'Put that file back from a copy of the blob store; without it some checkpoints cannot be read.',
      { cause },
    );
  }
}

async function writeNote(objects: ObjectStore, note: KeyNote): Promise<void> {
  await objects.write(Buffer.from(JSON.stringify(note)), async () => `keys/${note.id}`);
}

function missingKey({ id, wrapped, masterKey }: KeyNote): ClawpoolError {
  if (wrapped !== undefined) {
    return new ClawpoolError(
      'invalid_request',
      `The blob store is encrypted with a key that the key service keeps (${masterKey}), and no key service is configured.`,
      'Set blobs.encryption.kms in the configuration file again.',
    );
  }
  return new ClawpoolError(
    'invalid_request',
    `The blob store is encrypted with another key than the one given (its id is ${id}).`,
    `Add the old key behind the new one, after a comma. If it is lost, what was stored with it is too: then remove keys/${id} from the blob store.`,
  );
}

const keyOf = (secret: Buffer): BlobKey => ({
  id: createHmac('sha256', secret).update('clawpool blob key id').digest('hex').slice(0, 16),
  secret,
});

const noteOf = ({ id }: BlobKey): KeyNote => ({ id, createdAt: new Date().toISOString() });
