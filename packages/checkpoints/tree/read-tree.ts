import { type BlobStore, DamagedBlobError } from '@clawpool/contracts';
import { type FileEntry, parseFolderNode, parsePieceList, type TreeEntry } from './folder-tree.ts';

/** What a tree refers to is not in the blob store. */
export class MissingBlobError extends Error {
  readonly hash: string;
  constructor(hash: string) {
    super(`The content ${hash} is not in the blob store.`);
    this.name = 'MissingBlobError';
    this.hash = hash;
  }
}

/** Buckets are at most as deep as a name's hash has digits, but nobody has folders of 16^8 entries. */
const deepestBuckets = 8;

/**
 * A folder's entries, sorted by name; `onNode` is told each blob it was read from.
 *
 * @throws MissingBlobError, and DamagedBlobError also for what is not a folder
 */
export async function readFolder(
  hash: string,
  blobs: BlobStore,
  onNode: (hash: string, content: Buffer) => void = () => {},
): Promise<TreeEntry[]> {
  const entries = await entriesBelow(hash, blobs, onNode, 0);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = entries.some((entry, index) => entry.name === entries[index + 1]?.name);
  if (twice) throw new DamagedBlobError(hash, { cause: new Error('it has two entries of one name') });
  return entries;
}

async function entriesBelow(
  hash: string,
  blobs: BlobStore,
  onNode: (hash: string, content: Buffer) => void,
  depth: number,
): Promise<TreeEntry[]> {
  const content = await readBlob(hash, blobs);
  const node = parseFolderNode(content);
  if (!node || depth > deepestBuckets) throw new DamagedBlobError(hash, { cause: new Error('it is no folder') });
  onNode(hash, content);
  if ('entries' in node) return node.entries;
  const below = await Promise.all(node.buckets.map((bucket) => entriesBelow(bucket, blobs, onNode, depth + 1)));
  return below.flat();
}

/**
 * Hashes of a file's content, piece by piece in order; `onNode` is told each list they were read from.
 *
 * @throws MissingBlobError, and DamagedBlobError also for what is not a list of pieces
 */
export async function* piecesOf(
  { hash, height }: Pick<FileEntry, 'hash' | 'height'>,
  blobs: BlobStore,
  onNode: (hash: string) => void = () => {},
): AsyncGenerator<string> {
  if (height === 0) return yield hash;
  const pieces = parsePieceList(await readBlob(hash, blobs));
  if (!pieces) throw new DamagedBlobError(hash, { cause: new Error('it is no list of pieces') });
  onNode(hash);
  for (const piece of pieces) yield* piecesOf({ hash: piece, height: height - 1 }, blobs, onNode);
}

/**
 * The pieces of a file's content, verified, and that they are as many bytes as the tree says; `onBlob` is told each blob, lists included.
 *
 * @throws MissingBlobError, DamagedBlobError
 */
export async function* contentOf(
  file: FileEntry,
  blobs: BlobStore,
  onBlob: (hash: string) => void = () => {},
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of piecesOf(file, blobs, onBlob)) {
    const content = await readBlob(piece, blobs);
    onBlob(piece);
    bytes += content.length;
    if (bytes > file.size) break;
    yield content;
  }
  if (bytes !== file.size) throw new DamagedBlobError(file.hash, { cause: new Error('it has another length') });
}

async function readBlob(hash: string, blobs: BlobStore): Promise<Buffer> {
  const content = await blobs.get(hash);
  if (!content) throw new MissingBlobError(hash);
  return content;
}
