import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes the few account and name files a tenant sees instead of the host's. Returns their folder. Readable by
 * everyone, since the tenant's host user reads them; they hold nothing of the host.
 */
export async function writeAccounts(stateFolder: string): Promise<string> {
  const folder = join(stateFolder, 'accounts');
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755); // whatever our umask is
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), content);
    await chmod(join(folder, name), 0o644);
  }
  return folder;
}

const files = {
  passwd: 'agent:x:1000:1000:agent:/tenant:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
  group: 'agent:x:1000:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost agent\n::1 localhost agent\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};
