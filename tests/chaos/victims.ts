import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { ClawpoolProcess } from '../support/clawpool-process.ts';

/** Something that can be killed with -9. */
export interface Victim {
  name: 'everything' | 'controller and host agent' | 'PostgreSQL' | 'gateway';
  /** False: there was none just now. */
  kill(clawpool: ClawpoolProcess): boolean;
  /** Whether `clawpool up` ends by it and has to be started again. */
  endsClawpool: boolean;
}

export const victims: readonly Victim[] = [
  { name: 'everything', endsClawpool: true, kill: (clawpool) => killAll([...clawpool.descendants(), clawpool.pid]) },
  { name: 'controller and host agent', endsClawpool: true, kill: ({ pid }) => killAll([pid]) },
  {
    name: 'PostgreSQL',
    endsClawpool: false,
    kill: (clawpool) =>
      killAll(
        clawpool
          .descendants()
          .filter((pid) => isPostmaster(pid))
          .slice(0, 1),
      ),
  },
  // Twice: it is what happens most.
  { name: 'gateway', endsClawpool: false, kill: killOneGateway },
  { name: 'gateway', endsClawpool: false, kill: killOneGateway },
];

function killOneGateway(clawpool: ClawpoolProcess): boolean {
  const gateways = clawpool.descendants().filter(isGateway);
  const one = gateways[Math.floor(Math.random() * gateways.length)];
  return one !== undefined && killAll([one]);
}

const isPostmaster = (pid: number): boolean => /\/postgres .*-D /.test(commandLine(pid));

/** The OpenClaw process itself, not what builds its boundary: a Node in a mount namespace of its own, whatever it calls itself. */
export function isGateway(pid: number): boolean {
  try {
    const namespace = readlinkSync(`/proc/${pid}/ns/mnt`);
    return readlinkSync(`/proc/${pid}/exe`).endsWith('/node') && namespace !== readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false; // it has just ended
  }
}

function killAll(pids: readonly number[]): boolean {
  let killed = false;
  for (const pid of pids) {
    try {
      killed = process.kill(pid, 'SIGKILL') || killed;
    } catch {
      // It has just gone by itself.
    }
  }
  return killed;
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

export const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
