import { once } from 'node:events';
import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { BlobStore } from '@clawpool/contracts';
import { type Header, type Pack, pack } from 'tar-stream';
import type { FileEntry, TreeEntry } from '../tree/folder-tree.ts';
import { contentOf, readFolder } from '../tree/read-tree.ts';
import { fileName, manifestName, nodeName, type TreeDescription } from './manifest.ts';

/**
 * The whole tree as one file (see `manifest.ts`), never all of it in memory, every hash verified. When something is missing or damaged, or
 * whoever reads stops, the stream is destroyed with that error: a file that is cut off is told from a whole one when it is imported.
 */
export function exportTree(root: string, description: TreeDescription, blobs: BlobStore): Readable {
  const tar = pack();
  // Text packs well enough at the lowest level, and the machine has better things to do.
  const file = createGzip({ level: 1 });
  // The error comes out of `file` itself.
  pipeline(tar, file, () => {});
  tar.on('error', () => {});
  writeAll(tar, root, description, blobs).then(
    () => tar.finalize(),
    (error) => file.destroy(error),
  );
  return file;
}

async function writeAll(tar: Pack, root: string, description: TreeDescription, blobs: BlobStore): Promise<void> {
  const manifest = { clawpool: 'backup', format: 1, root, description };
  await addWhole(tar, manifestName, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  await addFolder(tar, root, '', blobs);
}

async function addFolder(tar: Pack, hash: string, path: string, blobs: BlobStore): Promise<void> {
  const nodes: { hash: string; content: Buffer }[] = [];
  const entries = await readFolder(hash, blobs, (node, content) => nodes.push({ hash: node, content }));
  for (const node of nodes) await addWhole(tar, nodeName(node.hash), node.content);
  for (const entry of entries) await addInside(tar, entry, path === '' ? entry.name : `${path}/${entry.name}`, blobs);
}

async function addInside(tar: Pack, entry: TreeEntry, path: string, blobs: BlobStore): Promise<void> {
  if (entry.type === 'folder') return addFolder(tar, entry.hash, path, blobs);
  if (entry.type === 'file') return addFile(tar, entry, path, blobs);
  const linkname = entry.target.toWellFormed();
  await addEntry(tar, { name: fileName(path), type: 'symlink', linkname }, []);
}

async function addWhole(tar: Pack, name: string, content: Buffer): Promise<void> {
  await addEntry(tar, { name, mode: 0o600, size: content.length }, [content]);
}

/** The times of a tar's entries are whole seconds in 11 octal digits. */
const latestTime = 0o77777777777 * 1000;

async function addFile(tar: Pack, entry: FileEntry, path: string, blobs: BlobStore): Promise<void> {
  const { mode, size, mtimeMs } = entry;
  const mtime = new Date(Math.min(Math.max(mtimeMs, 0), latestTime));
  await addEntry(tar, { name: fileName(path), mode, size, mtime }, contentOf(entry, blobs));
}

async function addEntry(
  tar: Pack,
  header: Pick<Header, 'name'> & Partial<Header>,
  content: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> {
  const added = Promise.withResolvers<void>();
  const entry = tar.entry(header, (error) => (error ? added.reject(error) : added.resolve()));
  // Told below, unless the content fails first.
  added.promise.catch(() => {});
  entry.on('error', () => {});
  for await (const piece of content) {
    if (tar.destroyed) break;
    if (!entry.write(piece)) await Promise.race([once(entry, 'drain'), added.promise]);
  }
  entry.end(null);
  await added.promise;
}
