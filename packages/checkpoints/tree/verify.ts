import { type BlobStore, DamagedBlobError } from '@clawpool/contracts';
import { contentOf, MissingBlobError, readFolder } from './read-tree.ts';

export interface TreeVerification {
  ok: boolean;
  files: number;
  bytes: number;
  problems: TreeProblem[];
}

export interface TreeProblem {
  /** Below the tenant's folder; the folder itself is ''. */
  path: string;
  hash: string;
  problem: 'missing' | 'damaged';
}

/** Reads everything a tree consists of. One problem does not keep it from finding the next; errors of the storage itself reject. */
export async function verifyTree(root: string, blobs: BlobStore): Promise<TreeVerification> {
  const found: TreeVerification = { ok: true, files: 0, bytes: 0, problems: [] };

  /** Null: it could not be read, which is noted. */
  async function attempt<T>(path: string, read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof MissingBlobError) && !(error instanceof DamagedBlobError)) throw error;
      found.ok = false;
      found.problems.push({
        path,
        hash: error.hash,
        problem: error instanceof MissingBlobError ? 'missing' : 'damaged',
      });
      return null;
    }
  }

  async function verifyFolder(hash: string, path: string): Promise<void> {
    for (const entry of (await attempt(path, () => readFolder(hash, blobs))) ?? []) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.type === 'folder') await verifyFolder(entry.hash, inside);
      if (entry.type !== 'file') continue;
      found.files += 1;
      found.bytes += entry.size;
      await attempt(inside, async () => {
        for await (const _ of contentOf(entry, blobs));
      });
    }
  }

  await verifyFolder(root, '');
  return found;
}
