import { describe, expect, it } from 'vitest';
import type { ProcessEntry } from './process-table.ts';
import { descendant, readProcess, treeUsage } from './process-table.ts';

const entry = (pid: number, parent: number, startTicks: number, zombie = false): ProcessEntry => ({
  pid,
  parent,
  group: 10,
  startTicks,
  cpuTicks: 50,
  residentPages: 10,
  zombie,
  stopped: false,
});

// 10 is a boundary of two processes around command 12; 13 is its child, 9 an orphan that was handed to the boundary.
const table = [entry(10, 1, 100), entry(11, 10, 100), entry(9, 11, 300), entry(12, 11, 100), entry(13, 12, 200, true)];

describe('the process table', () => {
  it('finds the command below its boundary, not an orphan that came later', () => {
    expect(descendant(table, 10, 2)).toBe(12);
    expect(descendant(table, 10, 0)).toBe(10);
    expect(descendant(table, 12, 3)).toBeUndefined();
  });

  it('adds up what a process and all below it use, without those that ended', () => {
    expect(treeUsage(table, 10)).toEqual({ memoryBytes: 4 * 10 * 4096, cpuSeconds: 2, processes: 4 });
    expect(treeUsage(table, 99)).toBeUndefined();
  });

  it('reads a process of this machine', async () => {
    expect(await readProcess(process.pid)).toMatchObject({ pid: process.pid, parent: process.ppid, zombie: false });
    expect(await readProcess(2 ** 30)).toBeUndefined();
  });
});
