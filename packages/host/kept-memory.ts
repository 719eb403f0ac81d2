/** What an agent remembers, held as it is while somebody only tries the agent out. A tenant may have planted anything there. */
import { readdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { inExistingFolder, readFileBelow, writeFiles } from './tenant-files.ts';

/** Bytes of one file, and how many files: far above what an agent's notes come to. What is beyond is not held. */
const mostBytes = 256 * 1024;
const mostFiles = 400;

const longTerm = 'MEMORY.md';
const notesFolder = 'memory';

export interface KeptMemory {
  /** Makes MEMORY.md and the notes in memory/ what they were; what was added is removed. */
  putBack(owner: number | undefined): Promise<void>;
}

export async function keepMemory(workspace: string): Promise<KeptMemory> {
  const before = await readMemory(workspace);
  return {
    putBack: async (owner) => {
      const now = await readMemory(workspace);
      for (const path of now.keys()) if (!before.has(path)) await removeFile(workspace, path);
      const changed = [...before].filter(([path, content]) => now.get(path) !== content);
      await writeFiles(
        workspace,
        changed.map(([path, content]) => ({ path, content })),
        owner,
      );
    },
  };
}

async function readMemory(workspace: string): Promise<Map<string, string>> {
  const paths = [longTerm];
  await inExistingFolder(workspace, notesFolder, async (folder) => {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
    paths.push(...names.slice(0, mostFiles).map((name) => `${notesFolder}/${name}`));
  });
  const memory = new Map<string, string>();
  for (const path of paths) {
    const content = await readFileBelow(workspace, path, mostBytes);
    if (content !== null) memory.set(path, content);
  }
  return memory;
}

async function removeFile(workspace: string, path: string): Promise<void> {
  await inExistingFolder(workspace, dirname(path), (folder) => unlink(join(folder, basename(path))).catch(() => {}));
}
