import { hash } from 'node:crypto';
import { type BlobStore, ClawpoolError } from '@clawpool/contracts';
import { type AtOnce, atOnce } from '../at-once.ts';
import {
  type FileEntry,
  heightOf,
  parseFolderNode,
  pieceBytes,
  pieceLists,
  type TreeEntry,
} from '../tree/folder-tree.ts';
import { fileName, hashIn, manifest, manifestName, nodeName, type TreeDescription } from './manifest.ts';
import { piecesIn, readTar, refused, type TarReader, wholeContent } from './read-tar.ts';

export interface ImportLimits {
  /** Of all files together. */
  maxBytes: number;
  /** Files, folders and links together. */
  maxFiles: number;
}

export interface ImportedTree {
  root: string;
  description: TreeDescription;
  files: number;
  bytes: number;
  storedBytes: number;
}

const maxManifestBytes = 1024 * 1024;
/** 64 entries with names and targets as long as a system allows, every byte of them escaped. */
const maxNodeBytes = 4 * 1024 * 1024;
/** As in a snapshot. */
const deepest = 100;
const longestPath = 4000;

/**
 * Takes in a file that `exportTree` made, not necessarily ours: nothing in it is believed but hashes. Names and paths come from the tree's
 * blobs, each of which has the hash that the one above names, so that what is in the file is exactly the tree of that root.
 *
 * What was stored before something is found wrong stays in the blob store, referred to by nothing, until collection.
 *
 * @throws ClawpoolError `invalid_request` (no such file, damaged, cut off, more in it than belongs there), `too_large`, and the blob store's
 */
export async function importTree(
  stream: AsyncIterable<Uint8Array>,
  blobs: BlobStore,
  limits: ImportLimits,
): Promise<ImportedTree> {
  const tar = readTar(stream, mostUnpacked(limits));
  const puts = atOnce(64);
  const imported: Import = { tar, blobs, limits, puts, counts: { files: 0, bytes: 0, storedBytes: 0 }, entries: 0 };
  try {
    const { root, description } = await readManifest(tar);
    await readFolder(imported, root, '', 0);
    await tar.expectEnd();
    await puts.end();
    return { root, description, ...imported.counts };
  } finally {
    tar.close();
    await puts.end().catch(() => {}); // What went wrong first is told already.
  }
}

interface Import {
  tar: TarReader;
  blobs: BlobStore;
  limits: ImportLimits;
  puts: AtOnce;
  counts: { files: number; bytes: number; storedBytes: number };
  /** Files, folders and links so far. */
  entries: number;
}

/** With room for headers and folders: a file that packs itself small is noticed here, whatever it says of itself. */
const mostUnpacked = ({ maxBytes, maxFiles }: ImportLimits): number => maxBytes + maxFiles * 8192 + maxManifestBytes;

async function readManifest(tar: TarReader): Promise<{ root: string; description: TreeDescription }> {
  const entry = await tar.expect([manifestName], 'file');
  const content = await wholeContent(entry, maxManifestBytes);
  try {
    return manifest.parse(JSON.parse(content.toString()));
  } catch {
    throw refused('its manifest is not one of Clawpool’s');
  }
}

async function readFolder(imported: Import, node: string, path: string, depth: number): Promise<void> {
  if (depth > deepest || path.length > longestPath) throw refused('its folders are nested too deep');
  for (const entry of await readEntries(imported, node)) {
    const inside = path === '' ? entry.name : `${path}/${entry.name}`;
    imported.entries += 1;
    if (imported.entries > imported.limits.maxFiles) throw tooMany(imported.limits);
    if (entry.type === 'folder') await readFolder(imported, entry.hash, inside, depth + 1);
    else if (entry.type === 'file') await readFile(imported, entry, inside);
    else await imported.tar.expect([fileName(inside)], 'symlink');
  }
}

/** A folder's own blob, and those of its buckets, in whichever order they come. */
async function readEntries(imported: Import, root: string): Promise<TreeEntry[]> {
  const missing = new Set([root]);
  const entries: TreeEntry[] = [];
  while (missing.size > 0) {
    const entry = await imported.tar.expect([...missing].map(nodeName), 'file');
    const expected = hashIn(entry.header.name);
    missing.delete(expected);
    const content = await wholeContent(entry, maxNodeBytes);
    if (sha256(content) !== expected) throw refused(`${entry.header.name} does not have its hash`);
    const node = parseFolderNode(content);
    if (!node) throw refused(`${entry.header.name} is no folder`);
    await put(imported, content);
    if ('entries' in node) entries.push(...node.entries);
    else for (const bucket of node.buckets) missing.add(bucket);
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = entries.find((entry, index) => entry.name === entries[index + 1]?.name);
  if (twice) throw refused(`a folder has two entries with the name ${JSON.stringify(twice.name)}`);
  return entries;
}

async function readFile(imported: Import, file: FileEntry, path: string): Promise<void> {
  const { counts, limits, tar } = imported;
  counts.files += 1;
  counts.bytes += file.size;
  if (counts.bytes > limits.maxBytes) throw tooLarge(limits);
  const entry = await tar.expect([fileName(path)], 'file');
  if (entry.header.size !== file.size || file.height !== heightOf(file.size)) {
    throw refused(`${JSON.stringify(path)} has another length than it should`);
  }
  const hashes: string[] = [];
  for await (const piece of piecesIn(entry, file.height === 0 ? file.size : pieceBytes)) {
    hashes.push(sha256(piece));
    await put(imported, piece);
  }
  const lists = file.height === 0 ? [] : pieceLists(hashes).nodes;
  for (const list of lists) await put(imported, list.content);
  if ((lists[0]?.hash ?? hashes[0]) !== file.hash) throw refused(`${JSON.stringify(path)} does not have its hash`);
}

async function put({ puts, blobs, counts }: Import, content: Uint8Array): Promise<void> {
  await puts.begin(async () => {
    const { storedBytes } = await blobs.put(content);
    counts.storedBytes += storedBytes;
  });
}

const sha256 = (content: Uint8Array): string => hash('sha256', content, 'hex');

const advice = 'Raise the disk limit, or remove files from the agent before it is exported.';

const tooMany = ({ maxFiles }: ImportLimits) =>
  new ClawpoolError('too_large', `The backup holds more than ${maxFiles} files and folders.`, advice);

const tooLarge = ({ maxBytes }: ImportLimits) =>
  new ClawpoolError(
    'too_large',
    `The backup holds more than ${Math.floor(maxBytes / 1024 / 1024)} MB of files.`,
    advice,
  );
