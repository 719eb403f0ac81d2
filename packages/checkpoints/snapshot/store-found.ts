import { hash } from 'node:crypto';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { folderNodes, heightOf, pieceBytes, pieceLists, type TreeEntry, wholeFileBytes } from '../tree/folder-tree.ts';
import { openFound, readUpTo } from './capture.ts';
import { type FoundFile, type FoundFolder, type Scan, statOf } from './scan.ts';
import type { FileStat, IndexWriter, KnownFiles } from './stat-index.ts';

/** Content that has its hash, and what it consists of. */
export interface StoredFile {
  stat: FileStat;
  size: number;
  hash: string;
  height: number;
  /** Further blobs it consists of. */
  others: string[];
  /** False: it may have changed while it was read. */
  settled: boolean;
}

/** Hands on a blob to be stored; resolves when there is room for the next. The bytes are not ours any more then. */
export type Emit = (content: Uint8Array) => Promise<void>;

export interface Storing {
  scan: Scan;
  known: KnownFiles;
  /** Stored a moment ago, by inode. */
  early: Map<number, StoredFile>;
  index: IndexWriter;
  /** Files that changed before this moment would show it if they changed again. */
  trustedBefore: number;
  emit: Emit;
}

/** Stores what has changed of a folder, and writes the index of all of it. Resolves with the root's hash. */
export async function storeFound(storing: Storing): Promise<string> {
  return storeFolder(storing.scan.root, storing);
}

async function storeFolder(folder: FoundFolder, storing: Storing): Promise<string> {
  const { known, index, trustedBefore, emit } = storing;
  if (folder.same) {
    carryAll(folder, storing);
    return known.hashAt(folder.row);
  }
  const entries: TreeEntry[] = [];
  for (const found of folder.entries) {
    const entry = await entryOf(found, storing);
    if (entry) entries.push(entry);
  }
  const nodes = folderNodes(entries);
  const stored = known.storedOf(folder.stat.ino);
  for (const node of nodes) if (!stored.has(node.hash)) await emit(new Uint8Array(node.content));
  const [{ hash: own }, ...others] = nodes;
  const hashes = others.map((node) => node.hash);
  index.add(folder.stat, own, hashes, folder.stat.ctimeMs < trustedBefore);
  return own;
}

/** Null: it has gone. */
async function entryOf(found: FoundFolder['entries'][number], storing: Storing): Promise<TreeEntry | null> {
  const { known, index, trustedBefore } = storing;
  if (found.type === 'link')
    return found.target === '' ? null : { type: 'link', name: found.name, target: found.target };
  if (found.type === 'folder') {
    return { type: 'folder', name: found.name, mode: found.mode & 0o777, hash: await storeFolder(found, storing) };
  }
  if (found.row >= 0) {
    known.carry(found.row, index);
    const { size } = found.stat;
    return fileEntry(found, { size, hash: known.hashAt(found.row), height: heightOf(size) });
  }
  const file = storedEarly(found, storing.early) ?? (await storeFile(found, storing));
  if (!file) return null;
  index.add(file.stat, file.hash, file.others, file.settled && file.stat.ctimeMs < trustedBefore);
  return fileEntry(found, file);
}

function fileEntry(
  { name, mode, stat }: FoundFile,
  { size, hash, height }: Pick<StoredFile, 'size' | 'hash' | 'height'>,
): TreeEntry {
  return { type: 'file', name, mode: mode & 0o777, size, mtimeMs: Math.floor(stat.mtimeMs), hash, height };
}

/** In the order in which a folder's rows are written: what is below, its files, itself. */
function carryAll(folder: FoundFolder, { known, index }: Pick<Storing, 'known' | 'index'>): void {
  for (const entry of folder.entries) if (entry.type === 'folder') carryAll(entry, { known, index });
  for (const row of folder.fileRows) known.carry(row, index);
  known.carry(folder.row, index);
}

/** Null: it was not, or it has changed since. */
export function storedEarly({ stat, content }: FoundFile, early: Storing['early']): StoredFile | null {
  const file = content === undefined ? early.get(stat.ino) : undefined;
  return file && isSame(file.stat, stat) ? file : null;
}

const isSame = (a: FileStat, b: FileStat): boolean =>
  a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;

/** Stores a file's content: what was captured of it, or else what is in its place. Null: it has gone. */
export async function storeFile(
  file: FoundFile,
  { scan, known, emit }: Pick<Storing, 'scan' | 'known' | 'emit'>,
): Promise<StoredFile | null> {
  const stored = known.storedOf(file.stat.ino);
  const put = async (bytes: Uint8Array): Promise<string> => {
    const name = hash('sha256', bytes, 'hex');
    if (!stored.has(name)) await emit(bytes);
    stored.add(name);
    return name;
  };
  const { content } = file;
  if (Buffer.isBuffer(content)) {
    const result = await storePieces(cut(content), put);
    return { ...result, stat: file.stat, settled: result.size === file.stat.size };
  }
  const descriptor = content === undefined ? openFound(file, scan) : openSync(content.copy, 'r');
  if (descriptor === null) return null;
  try {
    const result = await storePieces(readPieces(descriptor, file.stat.size), put);
    const unchanged = content !== undefined || isSame(statOf(fstatSync(descriptor)), file.stat);
    return { ...result, stat: file.stat, settled: unchanged && result.size === file.stat.size };
  } finally {
    closeSync(descriptor);
  }
}

async function storePieces(pieces: Iterable<Uint8Array>, put: (content: Uint8Array) => Promise<string>) {
  const hashes: string[] = [];
  let size = 0;
  for (const piece of pieces) {
    size += piece.length;
    hashes.push(await put(piece));
  }
  const [first = await put(new Uint8Array(0)), ...more] = hashes;
  if (more.length === 0) return { size, hash: first, height: 0, others: [] };
  const { nodes, height } = pieceLists(hashes);
  for (const node of nodes) await put(new Uint8Array(node.content));
  const [top, ...lists] = nodes;
  return { size, hash: top.hash, height, others: [...lists.map((list) => list.hash), ...hashes] };
}

function* cut(content: Buffer): Generator<Uint8Array> {
  if (content.length <= wholeFileBytes) return yield content;
  for (let at = 0; at < content.length; at += pieceBytes) {
    yield new Uint8Array(content.subarray(at, at + pieceBytes));
  }
}

function* readPieces(descriptor: number, size: number): Generator<Uint8Array> {
  if (size <= wholeFileBytes) return yield readUpTo(descriptor, size);
  for (let left = size; left > 0; ) {
    const piece = readUpTo(descriptor, Math.min(left, pieceBytes));
    if (piece.length === 0) return;
    yield piece;
    left -= piece.length;
  }
}
