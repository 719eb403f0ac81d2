import { createHash } from 'node:crypto';
import type { WorkspaceFile } from '@clawpool/workspace';

/** Sessions of one runtime that are remembered; of one that is forgotten, the agent says what it knew when it began. */
const rememberedSessions = 1_000;

/**
 * For gateways that read the files which make an agent once per session: what of them has changed since a session's first turn in this
 * runtime. A gateway that starts again reads them again.
 */
export function createFilesSeen(): (session: string, files: readonly WorkspaceFile[]) => WorkspaceFile[] {
  const seen = new Map<string, ReadonlyMap<string, string>>();
  return (session, files) => {
    const known = seen.get(session);
    if (known) return files.filter(({ path, content }) => known.get(path) !== hashOf(content));
    seen.set(session, new Map(files.map(({ path, content }) => [path, hashOf(content)])));
    for (const oldest of seen.keys()) {
      if (seen.size <= rememberedSessions) break;
      seen.delete(oldest);
    }
    return [];
  };
}

const hashOf = (content: string): string => createHash('sha256').update(content).digest('base64');
