import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolFolders } from './env.ts';

/** The POSIX shells of this machine, each once: `sh` is always there and usually one of the others. */
const shells = [['sh'], ['dash'], ['busybox', 'sh'], ['bash', '--posix']].filter(([program = ''], index, all) => {
  const path = findTool(program);
  return (
    path && !all.slice(0, index).some(([earlier = '']) => realpathSync(findTool(earlier) ?? '') === realpathSync(path))
  );
});

/** What the launcher may call; everything else (npm, node, bwrap, apt-get, sudo) is a fake of the test or missing. */
const systemTools =
  'sh dash busybox bash cat cmp cp mv mkdir rm rmdir date tail sleep readlink env true chmod touch'.split(' ');

describe.each(shells)('the launcher under %s', (...shell) => {
  let folder: string;
  let home: string;
  let bin: string;
  const running: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(realpathSync(tmpdir()), 'clawpool-launcher-'));
    home = join(folder, 'a check out');
    bin = join(folder, 'bin');
    mkdirSync(join(home, 'packages/cli'), { recursive: true });
    mkdirSync(bin);
    cpSync(join(import.meta.dirname, '../../clawpool'), join(home, 'clawpool'));
    writeFileSync(join(home, 'package-lock.json'), '{"lock":1}');
    for (const tool of systemTools) {
      const path = findTool(tool);
      if (path) symlinkSync(path, join(bin, tool));
    }
    fake('id', 'echo 1000');
    fake('bwrap', ':');
    fakeNode('v24.12.0');
    fakeNpm();
  });

  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('hands over to the machine’s own Node when it is new enough', () => {
    const result = launch('status', '--data', 'my data');
    expect(result.stdout).toBe(
      `node v24.12.0 home=${home} [${home}/packages/cli/main.ts] [status] [--data] [my data]\n`,
    );
    expect(result.status).toBe(0);
    expect(calls('npm')).toEqual(['ci']);
  });

  it.each(['v20.20.2', 'v24.11.9', 'v9.99.0', 'nonsense'])('installs Node when the machine’s is %s', (version) => {
    fakeNode(version);
    const result = launch('version');
    expect(result.stderr).toContain(`Installing Node 24.21.0 (this machine's: ${version})`);
    expect(result.stdout).toContain('node v24.21.0');
    expect(calls('npm')).toEqual(['install', 'ci']);
  });

  it('installs Node when the machine has none', () => {
    rmSync(join(bin, 'node'));
    const result = launch('version');
    expect(result.stderr).toContain("(this machine's: none)");
    expect(result.stdout).toContain('node v24.21.0');
  });

  it('accepts a Node of a later major version', () => {
    fakeNode('v26.0.0');
    expect(launch('version').stdout).toContain('node v26.0.0');
  });

  it('says what to do when neither Node nor npm can be had', () => {
    fakeNode('v20.0.0');
    rmSync(join(bin, 'npm'));
    const result = launch('version');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('npm is missing and could not be installed');
    expect(result.stderr).toContain("Install Node.js (with npm) from your system's packages");
  });

  it('installs dependencies once, and again only when the lock file changed', () => {
    launch('version');
    launch('version');
    expect(calls('npm')).toEqual(['ci']);
    writeFileSync(join(home, 'package-lock.json'), '{"lock":2}');
    launch('version');
    expect(calls('npm')).toEqual(['ci', 'ci']);
  });

  it('starts Node once and npm never when all is in place', () => {
    fakeNode('v20.0.0');
    launch('version');
    rmSync(join(folder, 'calls'), { force: true });
    const result = launch('version');
    expect(result.stderr).toBe('');
    expect(calls('node')).toEqual([`${home}/packages/cli/main.ts`]);
    expect(calls('npm')).toEqual([]);
  });

  it('keeps npm’s words to itself unless it fails', () => {
    expect(launch('version').stderr).not.toContain('noise of npm');
    writeFileSync(join(home, 'package-lock.json'), '{"lock":2}');
    writeFileSync(join(folder, 'npm-fails'), '');
    const failed = launch('version');
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('noise of npm');
    expect(failed.stderr).toContain('npm ci failed');
  });

  it('leaves no mark when the installation fails, so that the next command tries again', () => {
    writeFileSync(join(folder, 'npm-fails'), '');
    expect(launch('version').status).toBe(1);
    rmSync(join(folder, 'npm-fails'));
    expect(launch('version').status).toBe(0);
    expect(calls('npm')).toEqual(['ci', 'ci']);
    expect(existsSync(join(home, '.clawpool/install.lock'))).toBe(false);
  });

  it('gives up the lock and ends npm when it is interrupted', async () => {
    writeFileSync(join(folder, 'npm-hangs'), '');
    const child = start('version');
    await appears(join(folder, 'npm-pid'));
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(143);
    expect(existsSync(join(home, '.clawpool/install.lock'))).toBe(false);
    expect(isAlive(Number(readFileSync(join(folder, 'npm-pid'), 'utf8')))).toBe(false);
  });

  it('recovers after kill -9 in the middle of an installation', async () => {
    writeFileSync(join(folder, 'npm-hangs'), '');
    const child = start('version');
    await appears(join(folder, 'npm-pid'));
    child.kill('SIGKILL');
    await once(child, 'exit');
    process.kill(Number(readFileSync(join(folder, 'npm-pid'), 'utf8')), 'SIGKILL');
    rmSync(join(folder, 'npm-hangs'));
    const result = launch('version');
    expect(result.status).toBe(0);
    expect(result.stdout).toContain('[version]');
    expect(existsSync(join(home, '.clawpool/install.lock'))).toBe(false);
  });

  it('waits for an npm that outlived its killed launcher', async () => {
    writeFileSync(join(folder, 'npm-hangs'), '');
    const first = start('version');
    await appears(join(folder, 'npm-pid'));
    const orphan = Number(readFileSync(join(folder, 'npm-pid'), 'utf8'));
    // Its launcher enters it into the lock a moment after it has begun.
    const holders = () => readFileSync(join(home, '.clawpool/install.lock/processes'), 'utf8').split(/\s/);
    while (!holders().includes(String(orphan))) await pause();
    first.kill('SIGKILL');
    await once(first, 'exit');
    rmSync(join(folder, 'npm-hangs'));
    const second = start('version');
    let told = '';
    second.stderr?.on('data', (text) => {
      told += text;
    });
    while (!told.includes('Waiting for another')) await pause();
    expect(calls('npm')).toEqual(['ci']);
    process.kill(orphan, 'SIGKILL');
    const [code] = await once(second, 'exit');
    expect(code).toBe(0);
    expect(calls('npm')).toEqual(['ci', 'ci']);
  });

  it('lets one of two launchers install and the other wait', async () => {
    writeFileSync(join(folder, 'npm-is-slow'), '');
    const both = [start('version'), start('version')];
    const codes = await Promise.all(both.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0]);
    expect(calls('npm')).toEqual(['ci']);
  });

  it('works through a symbolic link, from another folder', () => {
    const link = join(folder, 'bin', 'pool');
    symlinkSync(join(home, 'clawpool'), link);
    const result = spawnSync(link, ['version'], { cwd: '/', env: { PATH: bin }, encoding: 'utf8' });
    expect(result.stdout).toContain(`[${home}/packages/cli/main.ts] [version]`);
  });

  it('works when called by a relative name', () => {
    const result = spawnSync(findTool(shell[0] ?? '') ?? '', [...shell.slice(1), 'clawpool', 'version'], {
      cwd: home,
      env: { PATH: bin },
      encoding: 'utf8',
    });
    expect(result.stdout).toContain(`home=${home}`);
  });

  it('passes the exit code on', () => {
    fakeNode('v24.12.0', 'exit 3');
    expect(launch('status').status).toBe(3);
  });

  it.each(['up', 'test'])(
    'says what to install for %s when bubblewrap is missing and it may not install it',
    (command) => {
      rmSync(join(bin, 'bwrap'));
      const result = launch(command);
      expect(result.stderr).toContain('apt-get install bubblewrap');
      expect(result.stdout).toContain(`[${command}]`);
    },
  );

  it('installs bubblewrap as root, and says so', () => {
    rmSync(join(bin, 'bwrap'));
    fake('id', 'echo 0');
    fake('apt-get', `${record('apt-get', '$*')}; printf '#!/bin/sh\\n' >"${bin}/bwrap"; chmod +x "${bin}/bwrap"`);
    const result = launch('up');
    expect(result.stderr).toContain('Installing bubblewrap');
    expect(calls('apt-get')).toEqual(['install -y -q bubblewrap']);
    expect(launch('up').stderr).toBe('');
  });

  it('updates the package lists when the package is not found', () => {
    rmSync(join(bin, 'bwrap'));
    fake('id', 'echo 0');
    fake(
      'apt-get',
      `${record('apt-get', '$*')}; [ "$1" = update ] && exec touch "${folder}/lists"; [ -f "${folder}/lists" ]`,
    );
    launch('up');
    expect(calls('apt-get')).toEqual(['install -y -q bubblewrap', 'update -q', 'install -y -q bubblewrap']);
  });

  it('uses sudo where it needs no password', () => {
    rmSync(join(bin, 'bwrap'));
    fake('sudo', `${record('sudo', '$*')}; shift; exec "$@"`);
    fake('dnf', record('dnf', '$*'));
    expect(launch('up').stderr).toContain('Installing bubblewrap');
    expect(calls('dnf')).toEqual(['install -y -q bubblewrap']);
  });

  it.each([['status'], ['version'], ['up', '--help']])('does not look for bubblewrap for %s %s', (...args) => {
    rmSync(join(bin, 'bwrap'));
    expect(launch(...args).stderr).not.toContain('bubblewrap');
  });

  function launch(...args: string[]) {
    return spawnSync(findTool(shell[0] ?? '') ?? '', [...shell.slice(1), join(home, 'clawpool'), ...args], {
      env: { PATH: bin },
      encoding: 'utf8',
    });
  }

  function start(...args: string[]): ChildProcess {
    const child = spawn(findTool(shell[0] ?? '') ?? '', [...shell.slice(1), join(home, 'clawpool'), ...args], {
      env: { PATH: bin },
    });
    running.push(child);
    return child;
  }

  function fake(name: string, script: string): void {
    rmSync(join(bin, name), { force: true });
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }

  function fakeNode(version: string, end = ''): void {
    fake('node', nodeScript(version, end));
  }

  function nodeScript(version: string, end = ''): string {
    return [
      `if [ "$1" = --version ]; then echo ${version}; exit; fi`,
      record('node', '$1'),
      `printf 'node ${version} home=%s' "$CLAWPOOL_HOME"; printf ' [%s]' "$@"; echo`,
      end,
    ].join('\n');
  }

  function fakeNpm(): void {
    writeFileSync(join(folder, 'new-node'), `#!/bin/sh\n${nodeScript('v24.21.0')}\n`);
    fake(
      'npm',
      [
        record('npm', '$1'),
        'echo noise of npm',
        `[ ! -f "${folder}/npm-fails" ] || exit 1`,
        `if [ -f "${folder}/npm-hangs" ]; then echo $$ >"${folder}/npm-pid.new"; mv "${folder}/npm-pid.new" "${folder}/npm-pid"; exec sleep 600; fi`,
        `[ ! -f "${folder}/npm-is-slow" ] || sleep 1`,
        'if [ "$1" = install ]; then',
        `  mkdir -p "$3/node_modules/node/bin"; cp "${folder}/new-node" "$3/node_modules/node/bin/node"`,
        '  chmod +x "$3/node_modules/node/bin/node"',
        'else mkdir -p node_modules; fi',
      ].join('\n'),
    );
  }

  function record(name: string, what: string): string {
    return `printf '%s\\n' "${name}|${what}" >>"${folder}/calls"`;
  }

  function calls(name: string): string[] {
    const file = join(folder, 'calls');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.filter((line) => line.startsWith(`${name}|`)).map((line) => line.slice(name.length + 1));
  }
});

function findTool(name: string): string | undefined {
  return toolFolders()
    .map((path) => join(path, name))
    .find((path) => existsSync(path));
}

async function appears(path: string): Promise<void> {
  while (!existsSync(path)) await pause();
}

/** Lets other processes work; the test's own time limit ends a wait that is in vain. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function isAlive(pid: number): boolean {
  // A process that ended and waits to be collected is not alive any more.
  return existsSync(`/proc/${pid}/stat`) && !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
