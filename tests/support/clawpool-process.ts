import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** `./clawpool up` as a person runs it. */
export interface ClawpoolProcess {
  url: string;
  pid: number;
  /** Ids of every process it started, and they started. */
  descendants(): number[];
  /** Resolves when it has ended. */
  gone(): Promise<void>;
  /** Everything it printed. */
  output: () => string;
  /** First password of the sample people; throws when none was printed. */
  samplePassword: () => string;
  /** `kill -9` of the process and everything it started. */
  killTree(): Promise<void>;
  /** `kill -9` of the one process; what it started is left to notice. Resolves with the ids of what it had started. */
  killAlone(): Promise<number[]>;
  /** Ctrl-C; resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

export const checkout = join(import.meta.dirname, '../..');

/** Resolves when the console answers; rejects with what was printed when it ends before that. */
export async function startClawpool(
  data: string,
  { args = ['--demo'], port: wanted }: { args?: string[]; port?: string } = {},
): Promise<ClawpoolProcess> {
  const port = wanted ?? (await freePort());
  const url = `http://localhost:${port}`;
  const child = spawn(join(checkout, 'clawpool'), ['up', '--data', data, '--port', String(port), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: inheritedEnvironment(),
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk));
  child.stderr.on('data', (chunk: Buffer) => (printed += chunk));
  await untilReady(child, () => printed);
  return {
    url,
    pid: child.pid ?? 0,
    descendants: () => descendants(child.pid ?? 0),
    gone: async () => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
    output: () => printed,
    samplePassword: () => {
      const password = /with the password (\S+),/.exec(printed)?.[1];
      if (!password) throw new Error(`no sample password in:\n${printed}`);
      return password;
    },
    killTree: async () => {
      const gone = once(child, 'exit');
      for (const pid of [...descendants(child.pid ?? 0), child.pid ?? 0]) kill(pid);
      await gone;
    },
    killAlone: async () => {
      const gone = once(child, 'exit');
      const started = descendants(child.pid ?? 0);
      kill(child.pid ?? 0);
      await gone;
      return started;
    },
    interrupt: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      const [code] = (await gone) as [number | null];
      return code;
    },
  };
}

/** What the shell that runs the tests has, less what would choose a database or a model. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const chosen = /^(DATABASE_URL|PORT|CLAWPOOL_.*|ANTHROPIC_.*|OPENAI_.*|AWS_.*)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !chosen.test(name)));
}

async function untilReady(child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + 240_000;
  while (!printed().includes('Clawpool is ready')) {
    if (child.exitCode !== null) throw new Error(`clawpool up ended with ${child.exitCode}:\n${printed()}`);
    if (Date.now() > deadline) throw new Error(`clawpool up is not ready:\n${printed()}`);
    await sleep(50);
  }
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

/** Every process that descends from one, children before their parents' siblings; read from /proc. */
function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const found = new Set([root]);
  for (const id of found) for (const [pid, parent] of parents) if (parent === id) found.add(pid);
  found.delete(root);
  return [...found];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went with one of the others.
  }
}
