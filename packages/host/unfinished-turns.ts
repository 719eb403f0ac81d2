import type { OpenClawProfile } from '@clawpool/workspace';
import { readFileBelow, writeFiles } from './tenant-files.ts';

/** A tenant with thousands of sessions has some megabytes of them. */
const largestFile = 64 * 1024 * 1024;

/**
 * What the guest program does at a start, for a gateway that runs already: a turn that an earlier runtime left unfinished is not this
 * one's to go on with. A file that says nothing of the kind is left as it is.
 */
export async function closeUnfinishedTurns(
  folder: string,
  { file, field, from, to }: OpenClawProfile['unfinishedTurns'],
  owner: number | undefined,
): Promise<void> {
  const text = await readFileBelow(folder, file, largestFile);
  const sessions = text?.includes(from) ? parse(text) : null;
  const unfinished = Object.values(sessions ?? {}).filter((session) => session?.[field] === from);
  if (unfinished.length === 0) return;
  for (const session of unfinished) (session as Record<string, unknown>)[field] = to;
  await writeFiles(folder, [{ path: file, content: JSON.stringify(sessions, null, 2) }], owner);
}

function parse(text: string): Record<string, Record<string, unknown> | null> | null {
  try {
    return JSON.parse(text) as Record<string, Record<string, unknown> | null>;
  } catch {
    return null;
  }
}
