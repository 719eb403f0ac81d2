import { describe, expect, it } from 'vitest';
import { syscallFilter } from './syscall-filter.ts';

const x64 = 0xc000003e;
const arm64 = 0xc00000b7;
const allowed = 'allow';
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

describe('the system call filter', () => {
  it('lets ordinary calls through', () => {
    for (const call of [0, 1, 9, 57, 59, 202, 257]) expect(decide('x64', x64, call)).toBe(allowed);
    for (const call of [56, 63, 64, 221, 222]) expect(decide('arm64', arm64, call)).toBe(allowed);
  });

  it('allows Unix and internet sockets, and of netlink only the list of interfaces', () => {
    for (const [arch, audit, socket] of [
      ['x64', x64, 41],
      ['arm64', arm64, 198],
    ] as const) {
      for (const family of [1, 2, 10]) expect(decide(arch, audit, socket, [family, 1, 6])).toBe(allowed);
      expect(decide(arch, audit, socket, [16, 3, 0])).toBe(allowed);
      expect(decide(arch, audit, socket, [16, 3, 9])).toBe(EAFNOSUPPORT);
      const [packet, alg, vsock] = [17, 38, 40];
      for (const family of [packet, alg, vsock]) expect(decide(arch, audit, socket, [family, 1, 0])).toBe(EAFNOSUPPORT);
    }
  });

  it('refuses new namespaces however they are asked for, and lets processes and threads be made', () => {
    const [newUser, newNet, newTime, thread, signalOfChild] = [0x1000_0000, 0x4000_0000, 0x80, 0x3d_0f00, 17];
    for (const [arch, audit, clone, unshare] of [
      ['x64', x64, 56, 272],
      ['arm64', arm64, 220, 97],
    ] as const) {
      for (const flag of [newUser, newNet]) {
        expect(decide(arch, audit, clone, [flag | signalOfChild])).toBe(EPERM);
        expect(decide(arch, audit, unshare, [flag])).toBe(EPERM);
      }
      expect(decide(arch, audit, unshare, [newTime])).toBe(EPERM);
      expect(decide(arch, audit, clone, [thread])).toBe(allowed);
      expect(decide(arch, audit, clone, [signalOfChild])).toBe(allowed);
      expect(decide(arch, audit, 435)).toBe(ENOSYS);
    }
  });

  it('refuses mounts, keyrings, kernel programs and typing into a terminal', () => {
    for (const call of [165, 250, 321, 425, 442]) expect(decide('x64', x64, call)).toBe(EPERM);
    for (const call of [40, 219, 280, 425, 442]) expect(decide('arm64', arm64, call)).toBe(EPERM);
    const [typeInto, windowSize] = [0x5412, 0x5413];
    expect(decide('x64', x64, 16, [0, typeInto])).toBe(EPERM);
    expect(decide('x64', x64, 16, [0, windowSize])).toBe(allowed);
  });

  it('ends a program that calls the kernel as another architecture', () => {
    expect(decide('x64', 0x4000_0003, 1)).toBe('kill');
    expect(decide('x64', x64, 0x4000_0000 + 41, [40])).toBe(ENOSYS);
  });

  it('does not exist for processors it was not written for', () => {
    expect(syscallFilter('riscv64')).toBeUndefined();
  });
});

/** Runs the program as the kernel does, for the instructions it uses. */
function decide(architecture: string, audit: number, call: number, callArguments: number[] = []) {
  const program = syscallFilter(architecture) as Buffer;
  const seen = Buffer.alloc(64);
  seen.writeUInt32LE(call, 0);
  seen.writeUInt32LE(audit, 4);
  for (const [index, value] of callArguments.entries()) seen.writeUInt32LE(value, 16 + 8 * index);
  let loaded = 0;
  for (let at = 0; ; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const value = program.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean) => program.readUInt8(at * 8 + (holds ? 2 : 3));
    if (code === 0x20) loaded = seen.readUInt32LE(value);
    else if (code === 0x15) at += jump(loaded === value);
    else if (code === 0x35) at += jump(loaded >= value);
    else if (code === 0x45) at += jump((loaded & value) !== 0);
    else if (code === 0x06) return value === 0x7fff0000 ? allowed : value === 0x80000000 ? 'kill' : value & 0xffff;
    else throw new Error(`unknown instruction ${code}`);
  }
}
