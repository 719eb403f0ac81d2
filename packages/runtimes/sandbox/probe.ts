import { spawn } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import type { BoundaryCommand } from './boundary.ts';
import { composeBoundary } from './boundary.ts';
import type { Bubblewrap } from './bubblewrap.ts';
import { packages } from './bubblewrap.ts';
import type { KernelSettings } from './refusal.ts';
import { explainRefusal } from './refusal.ts';

/** Builds a whole boundary around a command that does nothing. Undefined when it stood, otherwise why not. */
export async function tryBoundary(
  bubblewrap: Bubblewrap,
  filter: Buffer | undefined,
  asRoot: boolean,
): Promise<{ reason: string; hint: string } | undefined> {
  const lacking = asRoot ? lackingForRoot(bubblewrap) : undefined;
  if (lacking) return lacking;
  const { exitCode, complaint } = await run(
    composeBoundary({
      bubblewrap,
      tenant: undefined,
      command: { argv: ['/bin/sh', '-c', ':'], env: {}, cwd: '/' },
      limits: { memoryBytes: 16 * 1024 * 1024 },
      filter,
      uid: asRoot ? nobody : undefined,
    }),
  );
  return exitCode === 0 ? undefined : explainRefusal(complaint, await kernelSettings());
}

/** What root needs besides bubblewrap to hand each agent to a host user of its own. */
export function lackingForRoot({ setpriv, find }: Bubblewrap): { reason: string; hint: string } | undefined {
  const missing = (name: string, from: string) => ({
    reason: `${name} of ${from} is missing; root hands each agent to a host user of its own with it`,
    hint: `Install it: ${packages(from)}. Or start Clawpool as a normal user.`,
  });
  if (!setpriv) return missing('setpriv', 'util-linux');
  return find ? undefined : missing('find', 'findutils');
}

/** Nobody's: it owns nothing, and every container that maps users at all has it. */
const nobody = 65_534;

function run({ argv: [program, ...options], handedOver }: BoundaryCommand) {
  return new Promise<{ exitCode: number | null; complaint: string }>((resolve) => {
    const child = spawn(program as string, options, {
      env: {},
      cwd: '/',
      timeout: 10_000,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'ignore', 'pipe', 'ignore', ...handedOver.map(() => 'pipe' as const)],
    });
    let complaint = '';
    (child.stdio[2] as NodeJS.ReadableStream).on('data', (chunk) => {
      complaint += chunk;
    });
    child.once('error', (error) => resolve({ exitCode: null, complaint: error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, complaint }));
    for (const [index, content] of handedOver.entries()) {
      const pipe = child.stdio[index + 4] as Writable;
      pipe.on('error', () => {}); // it gave up before it read everything; the complaint tells
      pipe.end(content);
    }
  });
}

async function kernelSettings(): Promise<KernelSettings> {
  const read = (path: string) =>
    readFile(`/proc/sys/${path}`, 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    );
  const exists = (path: string) =>
    access(path).then(
      () => true,
      () => false,
    );
  return {
    unprivilegedUserNamespaces: await read('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: await read('user/max_user_namespaces'),
    appArmorRestrictsUserNamespaces: await read('kernel/apparmor_restrict_unprivileged_userns'),
    inContainer: (await exists('/.dockerenv')) || (await exists('/run/.containerenv')),
  };
}
