/**
 * How a tenant's files are written down: a tree in which every folder is a blob that names the blobs of what is in it, as in Git. One hash,
 * the root's, therefore stands for all of them. What is written for the same files is always the same, byte for byte.
 *
 * - A folder is `{"clawpool":"folder","entries":[…]}`, sorted by name. One with more than 64 entries is `{"clawpool":"buckets",…}`: 16 hashes
 *   of such blobs (or null), by the next hexadecimal digit of the SHA-256 of an entry's name. So a change in a large folder rewrites little.
 * - A file up to 1 MiB is one blob. A larger one is cut into pieces of 128 KiB: `{"clawpool":"pieces","hashes":[…]}` lists up to 64 of them, or of
 *   such lists; `height` in the file's entry says how many lists are on top of each other. A database of 200 MB with one changed page stores
 *   some 140 KB.
 *
 * Not written down: owner, times of folders and links (they change with every temporary file), setuid and sticky bits.
 */
import { hash } from 'node:crypto';
import { isFileName, pathToBytes } from './file-name.ts';

export type TreeEntry = FileEntry | FolderEntry | LinkEntry;

export interface FileEntry {
  type: 'file';
  name: string;
  mode: number;
  /** Bytes. */
  size: number;
  mtimeMs: number;
  hash: string;
  /** 0: the hash is of the content; else of a list of pieces, this many lists high. */
  height: number;
}

export interface FolderEntry {
  type: 'folder';
  name: string;
  mode: number;
  hash: string;
}

export interface LinkEntry {
  type: 'link';
  name: string;
  target: string;
}

export interface Node {
  hash: string;
  content: Buffer;
}

export const wholeFileBytes = 1024 * 1024;
export const pieceBytes = 128 * 1024;
const fanOut = 64;
const deepestLists = 6;

/** The blobs of one folder; the first one is the folder's own. Entries in any order. */
export function folderNodes(entries: readonly TreeEntry[]): [Node, ...Node[]] {
  const named = entries.map((entry) => ({ entry, key: entries.length > fanOut ? keyOf(entry.name) : '' }));
  named.sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1));
  return nodesBelow(named, 0);
}

function nodesBelow(named: { entry: TreeEntry; key: string }[], depth: number): [Node, ...Node[]] {
  if (named.length <= fanOut)
    return [nodeOf({ clawpool: 'folder', entries: named.map(({ entry }) => written(entry)) })];
  const buckets = Array.from({ length: 16 }, (): typeof named => []);
  for (const each of named) buckets[Number.parseInt(each.key[depth] ?? '0', 16)]?.push(each);
  const below = buckets.map((bucket) => (bucket.length === 0 ? null : nodesBelow(bucket, depth + 1)));
  const own = nodeOf({ clawpool: 'buckets', buckets: below.map((nodes) => nodes?.[0].hash ?? null) });
  return [own, ...below.flatMap((nodes) => nodes ?? [])];
}

const keyOf = (name: string): string => hash('sha256', pathToBytes(name), 'hex');

/** One order of keys, so that the same entry is always the same bytes. */
function written(entry: TreeEntry): object {
  const { type, name } = entry;
  if (type === 'link') return { type, name, target: entry.target };
  if (type === 'folder') return { type, name, mode: entry.mode, hash: entry.hash };
  const { mode, size, mtimeMs, height } = entry;
  return { type, name, mode, size, mtimeMs, hash: entry.hash, ...(height === 0 ? {} : { height }) };
}

/** The lists over a file's pieces, the topmost first, and how high they stand. */
export function pieceLists(hashes: readonly string[]): { nodes: [Node, ...Node[]]; height: number } {
  const lists: Node[] = [];
  for (let at = 0; at < hashes.length; at += fanOut) {
    lists.push(nodeOf({ clawpool: 'pieces', hashes: hashes.slice(at, at + fanOut) }));
  }
  const [top, ...others] = lists;
  if (top && others.length === 0) return { nodes: [top], height: 1 };
  const above = pieceLists(lists.map((list) => list.hash));
  return { nodes: [...above.nodes, ...lists], height: above.height + 1 };
}

/** How high the lists over a file of that many bytes stand. */
export function heightOf(bytes: number): number {
  if (bytes <= wholeFileBytes) return 0;
  let height = 1;
  for (let lists = Math.ceil(bytes / pieceBytes / fanOut); lists > 1; lists = Math.ceil(lists / fanOut)) height += 1;
  return height;
}

function nodeOf(value: object): Node {
  const content = Buffer.from(JSON.stringify(value));
  return { hash: hash('sha256', content, 'hex'), content };
}

export type FolderNode = { entries: TreeEntry[] } | { buckets: string[] };

/** Null: the content is no folder, or one that Clawpool would not have written. */
export function parseFolderNode(content: Buffer): FolderNode | null {
  const value = parseJson(content);
  if (value?.clawpool === 'buckets' && Array.isArray(value.buckets) && value.buckets.length === 16) {
    const buckets = value.buckets.filter((bucket) => bucket !== null);
    return buckets.every(isHash) ? { buckets } : null;
  }
  if (value?.clawpool !== 'folder' || !Array.isArray(value.entries) || value.entries.length > fanOut) return null;
  const entries = value.entries.map(parseEntry);
  return entries.every((entry) => entry !== null) ? { entries } : null;
}

/** Null: the content is no list of pieces. */
export function parsePieceList(content: Buffer): string[] | null {
  const value = parseJson(content);
  if (value?.clawpool !== 'pieces' || !Array.isArray(value.hashes) || value.hashes.length > fanOut) return null;
  return value.hashes.length > 0 && value.hashes.every(isHash) ? value.hashes : null;
}

function parseEntry(value: unknown): TreeEntry | null {
  if (!isRecord(value)) return null;
  const { type, name, mode, size, mtimeMs, target, height = 0 } = value;
  if (typeof name !== 'string' || !isFileName(name)) return null;
  if (type === 'link') return typeof target === 'string' && isTarget(target) ? { type, name, target } : null;
  if (!isWithin(mode, 0o777) || !isHash(value.hash)) return null;
  if (type === 'folder') return { type, name, mode, hash: value.hash };
  if (type !== 'file' || !isWithin(size, Number.MAX_SAFE_INTEGER) || !isWithin(height, deepestLists)) return null;
  if (!Number.isSafeInteger(mtimeMs)) return null;
  return { type, name, mode, size, mtimeMs: mtimeMs as number, hash: value.hash, height };
}

function parseJson(content: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(content.toString());
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const isTarget = (target: string): boolean => target !== '' && !target.includes('\0');

const isWithin = (value: unknown, most: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
