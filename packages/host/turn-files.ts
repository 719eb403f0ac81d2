/** Files that go into a tenant's workspace with a message, and out of it with an answer. A tenant may have planted anything there. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, rename } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { BlobStore, TurnFile, TurnUpload } from '@clawpool/contracts';
import { attachmentLimits, ClawpoolError, DamagedBlobError } from '@clawpool/contracts';
import type { TurnUploadPlace } from '@clawpool/workspace';
import { inExistingFolder, makeFolders, PlantedFileError, writeFiles } from './tenant-files.ts';

const uploadsFolder = 'uploads';
const outgoingFolder = 'outgoing';
const sentFolder = `${outgoingFolder}/sent`;

/** Files that go out with one answer. */
const mostFiles = 5;
/** Names looked at in `outgoing/`: an agent that unpacks an archive there does not hold the host up. */
const mostNames = 1_000;

/**
 * Writes what came with a message, where it is not there yet. What cannot be put there, since it is no longer stored or the way is
 * blocked by something of the agent's, is told as such.
 *
 * @throws ClawpoolError `invalid_request` for a name that is no plain file name; the file system's error, for example ENOSPC
 */
export async function writeUploads(
  workspace: string,
  uploads: readonly TurnUpload[],
  attachments: BlobStore,
  owner: number | undefined,
): Promise<TurnUploadPlace[]> {
  const places: TurnUploadPlace[] = [];
  // One after the other: each is in memory while it is written.
  for (const { name, mediaType, blob } of uploads) {
    const path = `${uploadsFolder}/${plainName(name)}`;
    const content = await stored(attachments, blob);
    const written = content !== null && (await write(workspace, path, content, owner));
    places.push({ path, mediaType, bytes: written ? content.length : null });
  }
  return places;
}

function plainName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a name
  if (name !== '' && !/^\.|[/\u0000-\u001f\u007f]/u.test(name) && Buffer.byteLength(name) <= 240) return name;
  throw new ClawpoolError('invalid_request', 'A file’s name cannot be used.', 'Use a plain file name.');
}

async function stored(attachments: BlobStore, blob: string): Promise<Buffer | null> {
  try {
    return await attachments.get(blob);
  } catch (error) {
    if (error instanceof DamagedBlobError) return null;
    throw error;
  }
}

async function write(workspace: string, path: string, content: Buffer, owner: number | undefined): Promise<boolean> {
  try {
    await writeFiles(workspace, [{ path, content }], owner);
    return true;
  } catch (error) {
    if (error instanceof PlantedFileError) return false;
    throw error;
  }
}

// --- what goes out ------------------------------------------------------------------------------------------------------

export interface Outgoing {
  files: TurnFile[];
  /** Why other files are not among them, for whoever reads the answer; empty when there are none. */
  note: string;
}

/**
 * Stores the files that an agent left in `outgoing/` since a time and moves them to `outgoing/sent/`. Regular files only, at most 5 and
 * 20 MiB each; the rest stays where it is. What was there before is left alone: it belongs to another turn.
 *
 * @param take.since of the last change of the file or its name; null takes all
 * @param take.unclear another conversation's turn ran at the same time, so that it is not known for whom a file is: none is sent
 */
export async function collectOutgoing(
  workspace: string,
  attachments: BlobStore,
  { since, unclear }: { since: Date | null; unclear: boolean },
  owner: number | undefined,
): Promise<Outgoing> {
  const files: TurnFile[] = [];
  const left = { tooLarge: [] as string[], tooMany: 0, unclear: 0 };
  await inExistingFolder(workspace, outgoingFolder, async (folder) => {
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
    for (const name of names.slice(0, mostNames)) {
      const file = await openRegular(join(folder, name), since);
      if (file === null) continue;
      try {
        const { size } = await file.stat();
        if (unclear) left.unclear += 1;
        else if (size > attachmentLimits.bytes) left.tooLarge.push(shownName(name));
        else if (files.length === mostFiles) left.tooMany += 1;
        else {
          files.push({
            name: shownName(name),
            mediaType: mediaTypeOf(name),
            ...(await store(attachments, file, size)),
          });
          await moveToSent(workspace, folder, name, owner);
        }
      } finally {
        await file.close();
      }
    }
  });
  return { files, note: noteOn(left) };
}

/** Null for what is no regular file, was left before `since`, or cannot be opened. */
async function openRegular(path: string, since: Date | null): Promise<FileHandle | null> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  if (file === null) return null;
  const found = await file.stat().catch(() => null);
  // With a second name it may be more than what was left here. The change time cannot be set (inode(7)); it is of the kernel's clock tick.
  if (found?.isFile() && found.nlink === 1 && (since === null || found.ctimeMs >= since.getTime() - 10)) return file;
  await file.close();
  return null;
}

async function store(attachments: BlobStore, file: FileHandle, size: number): Promise<{ blob: string; bytes: number }> {
  const buffer = Buffer.alloc(size);
  let length = 0;
  // As long as it was when it was looked at: a command that still runs may make it grow.
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const { hash, bytes } = await attachments.put(buffer.subarray(0, length));
  return { blob: hash, bytes };
}

/** Where that cannot be done, the file stays; it is older than the next turn, which leaves it alone. */
async function moveToSent(workspace: string, folder: string, name: string, owner: number | undefined): Promise<void> {
  try {
    await makeFolders(workspace, [sentFolder], owner);
    await inExistingFolder(workspace, sentFolder, (sent) =>
      rename(join(folder, name), join(sent, name)).catch(() =>
        rename(join(folder, name), join(sent, `${randomBytes(4).toString('hex')}-${name}`)),
      ),
    );
  } catch {
    // the agent has put something else there, or took the file away
  }
}

function noteOn(left: { tooLarge: readonly string[]; tooMany: number; unclear: number }): string {
  const { tooLarge, tooMany, unclear } = left;
  const limit = attachmentLimits.bytes / 2 ** 20;
  const sentences = [
    ...tooLarge.slice(0, mostFiles).map((name) => `The file ${name} is not attached: it is larger than ${limit} MiB.`),
    ...(tooLarge.length > mostFiles ? [`${tooLarge.length - mostFiles} more files are larger than that.`] : []),
    ...(tooMany > 0
      ? [
          `${tooMany} more ${tooMany === 1 ? 'file is' : 'files are'} not attached: an answer carries at most ${mostFiles}.`,
        ]
      : []),
    ...(unclear > 0
      ? [
          `${unclear} ${unclear === 1 ? 'file is' : 'files are'} not attached, because another conversation was under way at the same time. Ask for ${unclear === 1 ? 'it' : 'them'} again.`,
        ]
      : []),
  ];
  return sentences.join(' ');
}

/** Without what could turn a line of text around or break it. */
const shownName = (name: string): string => name.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').slice(0, 200) || 'file';

const mediaTypes: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.webp': 'image/webp',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.zip': 'application/zip',
};

const mediaTypeOf = (name: string): string => mediaTypes[extname(name).toLowerCase()] ?? 'application/octet-stream';
