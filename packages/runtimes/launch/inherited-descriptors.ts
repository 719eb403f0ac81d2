import { readdir, readFile } from 'node:fs/promises';

/**
 * Descriptors that this process got from whoever started it and that every program it starts would get too. Whatever Node
 * opens itself closes at exec; these do not, and one that is a folder would lead a tenant out of its boundary.
 */
export async function inheritedDescriptors(): Promise<number[]> {
  const descriptors = (await readdir('/proc/self/fd')).map(Number).filter((descriptor) => descriptor > 2);
  const states = await Promise.all(descriptors.map(survivesExec));
  return descriptors.filter((_, index) => states[index]);
}

async function survivesExec(descriptor: number): Promise<boolean> {
  const text = await readFile(`/proc/self/fdinfo/${descriptor}`, 'utf8').catch(() => undefined);
  if (text === undefined) return false; // it was the one that read the folder
  const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? '0', 8);
  return (flags & closeOnExec) === 0;
}

/** O_CLOEXEC, as the kernel shows it in /proc/<pid>/fdinfo (proc_pid_fdinfo(5)). */
const closeOnExec = 0o2000000;
