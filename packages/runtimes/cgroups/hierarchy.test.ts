import { describe, expect, it } from 'vitest';
import { candidateBases, parseCgroupMounts, parseOwnCgroups } from './hierarchy.ts';

const mountinfo = [
  '22 27 0:21 / /proc rw,relatime - proc proc rw',
  '30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate',
  '35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro,relatime shared:9 - cgroup cgroup rw,memory',
  '36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
].join('\n');

describe('cgroup hierarchies', () => {
  it('finds the mounts of both versions with their controllers', () => {
    expect(parseCgroupMounts(mountinfo)).toEqual([
      { version: 'v2', mountPoint: '/sys/fs/cgroup', root: '/', controllers: [] },
      { version: 'v1', mountPoint: '/sys/fs/cgroup/memory', root: '/docker/abc', controllers: ['rw', 'memory'] },
      { version: 'v1', mountPoint: '/sys/fs/cgroup/cpu,cpuacct', root: '/', controllers: ['rw', 'cpu', 'cpuacct'] },
    ]);
  });

  it('knows our own cgroup in each hierarchy, colons in its name included', () => {
    const own = parseOwnCgroups('4:memory:/docker/abc\n3:cpu,cpuacct:/a\n0::/user.slice/app-x:y.scope\n');
    expect([own.get('memory'), own.get('cpuacct'), own.get('')]).toEqual([
      '/docker/abc',
      '/a',
      '/user.slice/app-x:y.scope',
    ]);
  });

  it('tries the top of a hierarchy first, then each step down to our own cgroup', () => {
    const mount = { version: 'v2' as const, mountPoint: '/sys/fs/cgroup', root: '/', controllers: [] };
    expect(candidateBases(mount, new Map([['', '/user.slice/user@1000.service/app.slice']]))).toEqual([
      '/sys/fs/cgroup',
      '/sys/fs/cgroup/user.slice',
      '/sys/fs/cgroup/user.slice/user@1000.service',
      '/sys/fs/cgroup/user.slice/user@1000.service/app.slice',
    ]);
  });

  it('takes the mount itself where a container sees only its own part', () => {
    const mount = { version: 'v1' as const, mountPoint: '/m', root: '/docker/abc', controllers: ['rw', 'memory'] };
    expect(candidateBases(mount, new Map([['memory', '/docker/abc']]))).toEqual(['/m']);
    expect(candidateBases(mount, new Map([['memory', '/docker/abc/own']]))).toEqual(['/m', '/m/own']);
    expect(candidateBases(mount, new Map([['memory', '/elsewhere']]))).toEqual(['/m']);
  });
});
