/** What a gateway keeps of its sessions, below a tenant's folder; all of it is the tenant's to write, and so believed in nothing. */
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenClawProfile } from '@clawpool/workspace';
import { inExistingFolder, readFileBelow, writeFiles } from './tenant-files.ts';

/** A tenant with thousands of sessions has some megabytes of them. */
const largestIndex = 64 * 1024 * 1024;

/**
 * Removes a session from the gateway's index and its files. The gateway may run, if it stands still meanwhile: it reads the index again when
 * that has changed, and a session whose files are gone begins anew, should an old copy of the index be written over this one.
 */
export async function forgetSession(
  folder: string,
  sessions: OpenClawProfile['sessions'],
  session: string,
  owner: number | undefined,
): Promise<void> {
  const index = parse(await readFileBelow(folder, sessions.index, largestIndex));
  const key = sessions.key(session);
  const entry = index?.[key];
  if (index === null || entry === undefined) return;
  delete index[key];
  await writeFiles(folder, [{ path: sessions.index, content: JSON.stringify(index, null, 2) }], owner);
  const id = idOf(entry);
  if (id !== null) await removeFilesOf(folder, sessions.folder, id);
}

/**
 * Removes the locks that a killed gateway left beside its sessions: the next one would wait for them until it gives the turn up, since a
 * lock that was not written to its end names nobody, and in its own process namespace every gateway has the same few process ids.
 * For files that no gateway of the tenant uses now.
 */
export async function removeSessionLocks(folder: string, { folder: kept }: OpenClawProfile['sessions']): Promise<void> {
  await inExistingFolder(folder, kept, async (place) => {
    const names = await readdir(place);
    for (const name of names.filter((each) => each.endsWith('.lock'))) await unlink(join(place, name)).catch(() => {}); // a folder of the agent's own
  });
}

function idOf(entry: unknown): string | null {
  const { sessionId } = (entry ?? {}) as { sessionId?: unknown };
  return typeof sessionId === 'string' && /^[\w-]{8,80}$/u.test(sessionId) ? sessionId : null;
}

/** `<id>.jsonl` and what is kept beside it, such as copies from before a compaction. */
async function removeFilesOf(folder: string, sessionsFolder: string, id: string): Promise<void> {
  await inExistingFolder(folder, sessionsFolder, async (place) => {
    const names = await readdir(place);
    for (const name of names.filter((each) => each.startsWith(`${id}.`) || each.startsWith(`${id}-`))) {
      await unlink(join(place, name)).catch(() => {}); // a folder of the agent's own
    }
  });
}

function parse(text: string | null): Record<string, unknown> | null {
  try {
    const index: unknown = JSON.parse(text ?? 'null');
    return typeof index === 'object' && index !== null ? (index as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
