import { execFile } from 'node:child_process';
import { access, constants, lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The programs of this machine that build the boundary, and what its system looks like. */
export interface Bubblewrap {
  path: string;
  version: string;
  /** Can forbid further user namespaces (since 0.8), and bound a temporary file system's size (since 0.6). */
  disablesUserNamespaces: boolean;
  boundsSize: boolean;
  /** util-linux's setpriv, with which root hands a runtime to its own host user; absent where it is missing or another's. */
  setpriv: string | undefined;
  /** Looks up what in a tenant's folder is not the tenant's yet; needed by root only. */
  find: string | undefined;
  systemMounts: readonly string[];
}

export type FoundBubblewrap = { ok: true; bubblewrap: Bubblewrap } | { ok: false; reason: string; hint: string };

/** Looks where systems install programs, never in a search path that a person could have changed. */
export async function findBubblewrap(): Promise<FoundBubblewrap> {
  const path = await findProgram('bwrap');
  if (!path)
    return { ok: false, reason: 'bubblewrap is not installed', hint: `Install it: ${packages('bubblewrap')}.` };
  const version = (await output(path, '--version')).replace(/^bubblewrap\s*/, '').trim();
  const help = await output(path, '--help');
  if (!required.every((option) => help.includes(`${option} `))) {
    return {
      ok: false,
      reason: `bubblewrap ${version} is too old to clear a runtime's environment`,
      hint: 'Install bubblewrap 0.5 or newer.',
    };
  }
  const setpriv = await findProgram('setpriv');
  const setprivWorks = setpriv !== undefined && (await output(setpriv, '--help')).includes('--reuid');
  return {
    ok: true,
    bubblewrap: {
      path,
      version,
      disablesUserNamespaces: help.includes('--disable-userns'),
      boundsSize: help.includes('--size'),
      setpriv: setprivWorks ? setpriv : undefined,
      find: await findProgram('find'),
      systemMounts: await systemMounts(),
    },
  };
}

const required = ['--args', '--clearenv', '--cap-drop', '--seccomp', '--new-session', '--remount-ro'];

/** How to install one package on the systems we know. */
export function packages(name: string): string {
  return `apt-get install ${name} (Debian, Ubuntu), dnf install ${name} (Fedora, RHEL), apk add ${name} (Alpine)`;
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
}

async function output(program: string, option: string): Promise<string> {
  const { stdout, stderr } = await run(program, [option]).catch((error) => error as { stdout: string; stderr: string });
  return `${stdout}${stderr}`;
}

const run = promisify(execFile);

/** The system's programs and libraries, and the few files of /etc that they need, all read-only. */
async function systemMounts(): Promise<string[]> {
  const mounts = ['--ro-bind', '/usr', '/usr'];
  for (const path of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) mounts.push('--symlink', await readlink(path), path);
    else if (found) mounts.push('--ro-bind', path, path);
  }
  const folders = ['/etc', '/etc/ssl', '/etc/pki', '/etc/pki/tls'].flatMap((folder) => ['--dir', folder]);
  return [...mounts, ...folders, ...systemFiles.flatMap((path) => ['--ro-bind-try', path, path])];
}

const systemFiles = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/localtime',
  '/etc/timezone',
  '/etc/services',
  '/etc/protocols',
  '/etc/mime.types',
  '/etc/fonts',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ssl/cert.pem',
  '/etc/pki/tls/certs',
  '/etc/pki/tls/cert.pem',
  '/etc/pki/tls/openssl.cnf',
  '/etc/pki/ca-trust',
  '/etc/crypto-policies',
];
