import { describe, expect, it } from 'vitest';
import type { Boundary } from './boundary.ts';
import { composeBoundary } from './boundary.ts';

const boundary: Boundary = {
  bubblewrap: {
    path: '/usr/bin/bwrap',
    version: '0.8.0',
    disablesUserNamespaces: true,
    boundsSize: true,
    setpriv: '/usr/bin/setpriv',
    find: '/usr/bin/find',
    systemMounts: ['--ro-bind', '/usr', '/usr'],
  },
  tenant: {
    folder: '/data/tenants/carol',
    socketFolder: '/data/run/carol',
    imageFolder: '/images/1',
    readOnly: { '/data/guest.mjs': '/run/clawpool/guest.mjs' },
    accounts: '/data/run/accounts',
  },
  command: { argv: ['/image/node', 'guest.mjs'], env: { TOKEN: 'secret' }, cwd: '/tenant' },
  limits: { memoryBytes: 1000 },
  filter: Buffer.from('filter'),
  uid: undefined,
};

describe('the command line of the boundary', () => {
  it('is one bubblewrap for a normal user, two with a change of user between them for root', () => {
    const asUser = composeBoundary(boundary).argv;
    expect(asUser).toEqual(['/usr/bin/bwrap', '--args', '4', '--', '/image/node', 'guest.mjs']);
    const asRoot = composeBoundary({ ...boundary, uid: 70_001 }).argv;
    expect(asRoot.slice(-asUser.length)).toEqual(asUser);
    expect(asRoot.join(' ')).toContain('/usr/bin/setpriv --reuid=70001 --regid=70001 --clear-groups --no-new-privs --');
  });

  it('keeps the environment off the command line', () => {
    for (const uid of [undefined, 70_001]) {
      const { argv, handedOver } = composeBoundary({ ...boundary, uid });
      expect(argv.join(' ')).not.toContain('secret');
      expect(optionsIn(handedOver)).toContain('--setenv TOKEN secret');
      expect(handedOver[1]).toEqual(boundary.filter);
    }
  });

  it("gives root's second bubblewrap the passage's places instead of the host's", () => {
    const options = optionsIn(composeBoundary({ ...boundary, uid: 70_001 }).handedOver);
    expect(options).not.toContain('/data');
    expect(options).toContain('--bind /clawpool/tenant /tenant');
    expect(options).toContain('--ro-bind /clawpool/read-only/0 /run/clawpool/guest.mjs');
  });

  it('leaves out what this bubblewrap does not know', () => {
    const older = { ...boundary.bubblewrap, disablesUserNamespaces: false, boundsSize: false };
    const options = optionsIn(composeBoundary({ ...boundary, bubblewrap: older }).handedOver);
    expect(options).not.toMatch(/--disable-userns|--size/);
  });
});

function optionsIn(handedOver: Buffer[]): string {
  return handedOver[0]?.toString().replaceAll('\0', ' ') ?? '';
}
