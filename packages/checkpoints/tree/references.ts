import type { BlobStore } from '@clawpool/contracts';
import { piecesOf, readFolder } from './read-tree.ts';

/**
 * Every blob a tree consists of, each once, folders and lists of pieces included. With `seen`, which is filled, what another tree has been
 * walked for already is passed over; after it the set has every hash of all trees that were walked with it to the end (and keys of its own).
 *
 * Whoever deletes the rest must not do so after a walk that failed: what is below the folder that could not be read is unknown then.
 *
 * @throws MissingBlobError, DamagedBlobError
 */
export async function* referencesOf(
  root: string,
  blobs: BlobStore,
  seen: Set<string> = new Set(),
): AsyncGenerator<string> {
  // A tenant may keep a file that has the very content of a folder. It was not walked when it was seen as a file, so being seen and
  // having been walked are two things; and walked is what was walked to its end.
  const walked = `folder ${root}`;
  if (seen.has(walked)) return;
  const own: string[] = [];
  const entries = await readFolder(root, blobs, (node) => own.push(node));
  yield* news(own, seen);
  for (const entry of entries) {
    if (entry.type === 'folder') yield* referencesOf(entry.hash, blobs, seen);
    if (entry.type === 'file') yield* referencesOfFile(entry, blobs, seen);
  }
  seen.add(walked);
}

async function* referencesOfFile(file: { hash: string; height: number }, blobs: BlobStore, seen: Set<string>) {
  const walked = `pieces ${file.height} ${file.hash}`;
  if (file.height === 0) return yield* news([file.hash], seen);
  if (seen.has(walked)) return;
  const lists: string[] = [];
  for await (const piece of piecesOf(file, blobs, (list) => lists.push(list))) {
    yield* news([...lists.splice(0), piece], seen);
  }
  seen.add(walked);
}

function* news(hashes: readonly string[], seen: Set<string>): Generator<string> {
  for (const hash of hashes) {
    if (seen.has(hash)) continue;
    seen.add(hash);
    yield hash;
  }
}
