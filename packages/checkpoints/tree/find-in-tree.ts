import type { BlobStore } from '@clawpool/contracts';
import type { TreeEntry } from './folder-tree.ts';
import { contentOf, readFolder } from './read-tree.ts';

export type FoundInTree = FoundFile | FoundFolder;

export interface FoundFile {
  type: 'file';
  bytes: number;
  modifiedAt: Date;
  /** The same for the same content. */
  identity: string;
  /** Verified while it is read. */
  content(): AsyncIterable<Buffer>;
}

export interface FoundFolder {
  type: 'folder';
  /** Sorted by name. */
  entries: { name: string; type: TreeEntry['type']; bytes: number; modifiedAt: Date | null }[];
}

/**
 * What a tree has at a path with `/`, read without restoring anything; null: nothing, or a link, which is not followed.
 *
 * @throws MissingBlobError, DamagedBlobError
 */
export async function findInTree(root: string, path: string, blobs: BlobStore): Promise<FoundInTree | null> {
  let entry: TreeEntry = { type: 'folder', name: '', mode: 0, hash: root };
  for (const name of path.split('/').filter((step) => step !== '')) {
    if (entry.type !== 'folder') return null;
    const next: TreeEntry | undefined = (await readFolder(entry.hash, blobs)).find((one) => one.name === name);
    if (!next) return null;
    entry = next;
  }
  if (entry.type === 'link') return null;
  if (entry.type === 'folder') return { type: 'folder', entries: (await readFolder(entry.hash, blobs)).map(shown) };
  const file = entry;
  return {
    type: 'file',
    bytes: file.size,
    modifiedAt: new Date(file.mtimeMs),
    identity: `${file.hash}.${file.height}`,
    content: () => contentOf(file, blobs),
  };
}

const shown = (entry: TreeEntry): FoundFolder['entries'][number] => ({
  name: entry.name,
  type: entry.type,
  bytes: entry.type === 'file' ? entry.size : 0,
  modifiedAt: entry.type === 'file' ? new Date(entry.mtimeMs) : null,
});
