import { readdirSync, readFileSync } from 'node:fs';
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

/** The OpenClaw process itself, not what builds its boundary. */
export const isGateway = (pid: number): boolean => /^\S*\/node .*guest\/start\.mjs/.test(commandLine(pid));

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
