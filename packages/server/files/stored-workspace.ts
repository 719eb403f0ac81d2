import { type FoundFile, findInTree, MissingBlobError } from '@clawpool/checkpoints';
import {
  type BlobStore,
  ClawpoolError,
  DamagedBlobError,
  type FileVersion,
  type HostedFolder,
  managedFiles,
} from '@clawpool/contracts';
import { openclawProfile } from '@clawpool/workspace';
import type { CheckpointRow } from '../pool/checkpoints/checkpoint.ts';

/** Where every version line of OpenClaw has it, inside of a tenant's files. */
const { workspace } = openclawProfile('2026.6');

/** Checkpoints looked into at once: each takes a few small reads of the blob store. */
const atOnce = 6;

/** A folder of the workspace as a checkpoint has it; null: there is none. */
export async function listStored(
  root: string,
  path: string,
  blobs: BlobStore,
  page: { offset: number; limit: number },
): Promise<HostedFolder | null> {
  const found = await whole(() => findInTree(root, inWorkspace(path), blobs));
  if (found?.type !== 'folder') return null;
  const isFolder = ({ type }: { type: string }) => Number(type === 'folder');
  const entries = found.entries
    // Names that are no text: nobody could ask for those.
    .filter(({ name }) => name.isWellFormed())
    .sort((a, b) => isFolder(b) - isFolder(a) || order.compare(a.name, b.name) || (a.name < b.name ? -1 : 1));
  return {
    entries: entries.slice(page.offset, page.offset + page.limit).map(({ name, type, bytes, modifiedAt }) => ({
      name,
      kind: type === 'link' ? 'other' : type,
      bytes,
      modifiedAt,
      managed: managedAs(path === '' ? name : `${path}/${name}`),
    })),
    total: entries.length,
    complete: true,
  };
}

const order = new Intl.Collator('en', { numeric: true });

/** Skills of ours are in no checkpoint. */
export const managedAs = (path: string) =>
  Object.hasOwn(managedFiles, path) ? managedFiles[path as keyof typeof managedFiles] : null;

export async function findStored(root: string, path: string, blobs: BlobStore): Promise<FoundFile | null> {
  const found = await whole(() => findInTree(root, inWorkspace(path), blobs));
  return found?.type === 'file' ? found : null;
}

/** What a file was in these checkpoints (the newest first), each content once. What is damaged is left out. */
export async function versionsOf(
  checkpoints: readonly Pick<CheckpointRow, 'id' | 'root' | 'createdAt' | 'backup'>[],
  path: string,
  blobs: BlobStore,
): Promise<FileVersion[]> {
  const found: (FoundFile | null)[] = [];
  for (let at = 0; at < checkpoints.length; at += atOnce) {
    const some = checkpoints.slice(at, at + atOnce);
    found.push(...(await Promise.all(some.map(({ root }) => findStored(root, path, blobs).catch(noneIfDamaged)))));
  }
  const seen = new Set<string>();
  return checkpoints.flatMap(({ id, createdAt, backup }, index) => {
    const file = found[index];
    if (!file || seen.has(file.identity)) return [];
    seen.add(file.identity);
    const inBackup = checkpoints.some((one, other) => one.backup && found[other]?.identity === file.identity);
    return {
      id,
      at: file.modifiedAt.toISOString(),
      takenAt: createdAt.toISOString(),
      bytes: file.bytes,
      backup: backup || inBackup,
    };
  });
}

const inWorkspace = (path: string) => `${workspace}/${path}`;

function noneIfDamaged(error: unknown): null {
  if (error instanceof ClawpoolError) return null;
  throw error;
}

/** Damage of the store, in words for whoever wanted to read. */
async function whole<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw toldDamage(error);
  }
}

export function toldDamage(error: unknown): unknown {
  if (!(error instanceof MissingBlobError || error instanceof DamagedBlobError)) return error;
  return new ClawpoolError(
    'conflict',
    'What the checkpoint stored of it is damaged.',
    'Choose another version; an operator can verify the checkpoint.',
    { cause: error },
  );
}
