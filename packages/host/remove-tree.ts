import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';

/**
 * Removes a file or a folder with everything in it; links themselves, never what they lead to. What is not there is no error. A tenant
 * can nest folders deeper than a path can be long: those are left to the system's `rm`, which goes down step by step.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENAMETOOLONG') throw error;
    await removeWithProgram(path);
  }
}

function removeWithProgram(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/rm', ['-rf', '--', path], { env: {}, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(complaint.trim() || 'rm failed'))));
  });
}
