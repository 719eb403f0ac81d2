import { join } from 'node:path';
import type { RuntimeLimits, RuntimePlace, RuntimeSpec } from '@clawpool/contracts';
import type { Bubblewrap } from './bubblewrap.ts';

/** Where a tenant finds its things inside, the same for every tenant. */
const insidePaths = {
  folder: '/tenant',
  sockets: '/run/clawpool/sockets',
  image: '/image',
  readOnly: '/run/clawpool',
  temporary: '/tmp',
} as const;

/** Host paths of what the tenant gets to see. */
interface TenantMounts {
  folder: string;
  socketFolder: string;
  imageFolder: string;
  /** Host path -> path inside. */
  readOnly: Readonly<Record<string, string>>;
  /** Folder with the `passwd`, `group`, `hosts` and `nsswitch.conf` the tenant sees. */
  accounts: string;
}

export interface Boundary {
  bubblewrap: Bubblewrap;
  /** Undefined for a probe, which shows that the boundary can stand and needs nothing of a tenant. */
  tenant: TenantMounts | undefined;
  command: { argv: readonly string[]; env: Readonly<Record<string, string>>; cwd: string };
  limits: Pick<RuntimeLimits, 'memoryBytes'>;
  filter: Buffer | undefined;
  /** The host uid and gid the runtime becomes; undefined when we are no root and it runs as we do. */
  uid: number | undefined;
}

/** What to execute, and what its descriptors 4 and 5 deliver. */
export interface BoundaryCommand {
  argv: string[];
  handedOver: Buffer[];
}

/**
 * The command line that builds the boundary around a command.
 *
 * A normal user needs one bubblewrap. Root needs two: bubblewrap opens what it mounts as the user it runs as, and the
 * tenant's host user must not be able to reach any of it by path. So a first bubblewrap, as root, makes a passage that holds just what the
 * tenant gets to see; in it we become the tenant's host user for good, and a second one builds the very boundary that a
 * normal user gets. The passage's own process namespace is what ends everything inside when we are killed: the kernel forgets
 * "die with the parent" when a process changes its user.
 */
export function composeBoundary(boundary: Boundary): BoundaryCommand {
  const { bubblewrap, tenant, command, filter, uid } = boundary;
  const handedOver = (mounts: TenantMounts | undefined) => {
    const options = Buffer.from(
      sandboxOptions(boundary, mounts)
        .map((option) => `${option}\0`)
        .join(''),
    );
    return filter ? [options, filter] : [options];
  };
  const sandbox = [bubblewrap.path, '--args', '4', '--', ...command.argv];
  if (uid === undefined) return { argv: sandbox, handedOver: handedOver(tenant) };
  if (!bubblewrap.setpriv) throw new Error('setpriv is missing'); // the probe says so before anything is started
  const passage = [bubblewrap.path, ...passageOptions(bubblewrap, tenant), '--'];
  const becomeTenant = [
    bubblewrap.setpriv,
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    '--no-new-privs',
    '--',
  ];
  return { argv: [...passage, ...becomeTenant, ...sandbox], handedOver: handedOver(tenant && insidePassage(tenant)) };
}

/** Processes of the boundary above the command: each bubblewrap is one outside and one inside its process namespace. */
export function boundaryProcesses(asRoot: boolean): number {
  return asRoot ? 4 : 2;
}

/** The place of a tenant, for the command's own configuration. */
export function sandboxPlace(spec: RuntimeSpec): RuntimePlace {
  const readOnly = Object.entries(spec.readOnly).map(([host, name]) => [host, join(insidePaths.readOnly, name)]);
  return {
    folder: insidePaths.folder,
    socketFolder: insidePaths.sockets,
    imageFolder: insidePaths.image,
    readOnly: Object.fromEntries(readOnly),
    temporaryFolder: insidePaths.temporary,
    // The network namespace is the tenant's own, so these are free.
    gatewayPort: 18789,
    egressPort: 9100,
  };
}

function sandboxOptions({ bubblewrap, command, limits, filter }: Boundary, tenant: TenantMounts | undefined): string[] {
  const namespaces = ['user', 'pid', 'net', 'ipc', 'uts', 'cgroup-try'].map((name) => `--unshare-${name}`);
  const size = (bytes: number) => (bubblewrap.boundsSize ? ['--size', String(Math.floor(bytes))] : []);
  return [
    ...namespaces,
    ...['--uid', '1000', '--gid', '1000', '--hostname', 'agent'],
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...(bubblewrap.disablesUserNamespaces ? ['--disable-userns'] : []),
    ...(filter ? ['--seccomp', '5'] : []),
    '--clearenv',
    ...Object.entries(command.env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...bubblewrap.systemMounts,
    ...['--proc', '/proc', '--dev', '/dev'],
    // Temporary files count as memory: bounded, so that a full /tmp is an error for the writer before it is the end of all.
    ...[...size(limits.memoryBytes / 4), '--tmpfs', '/dev/shm', '--remount-ro', '/dev'],
    ...[...size(limits.memoryBytes / 2), '--tmpfs', insidePaths.temporary],
    ...(tenant ? tenantMountOptions(tenant) : []),
    ...['--remount-ro', '/', '--chdir', command.cwd],
  ];
}

function tenantMountOptions(tenant: TenantMounts): string[] {
  const accounts = ['passwd', 'group', 'hosts', 'nsswitch.conf'];
  return [
    ...accounts.flatMap((name) => ['--ro-bind', join(tenant.accounts, name), `/etc/${name}`]),
    ...['--dir', '/run', '--dir', insidePaths.readOnly],
    ...['--bind', tenant.socketFolder, insidePaths.sockets],
    ...Object.entries(tenant.readOnly).flatMap(([source, inside]) => ['--ro-bind', source, inside]),
    ...['--ro-bind', tenant.imageFolder, insidePaths.image],
    ...['--bind', tenant.folder, insidePaths.folder],
  ];
}

const passageFolder = '/clawpool';

function passageOptions(bubblewrap: Bubblewrap, tenant: TenantMounts | undefined): string[] {
  return [
    ...['--unshare-pid', '--die-with-parent'],
    ...['--cap-drop', 'ALL', '--cap-add', 'CAP_SETUID', '--cap-add', 'CAP_SETGID'],
    ...bubblewrap.systemMounts,
    // The host's own, since a new /proc can be mounted without privilege only where a whole one is visible.
    ...['--dev-bind', '/dev', '/dev', '--dev-bind', '/proc', '/proc'],
    ...['--dir', '/tmp', '--dir', passageFolder],
    ...(tenant ? passageMounts(tenant) : []),
  ];
}

function passageMounts(tenant: TenantMounts): string[] {
  const within = insidePassage(tenant);
  const readOnly = Object.keys(tenant.readOnly).map((source, index) => [source, passageOfReadOnly(index)]);
  return [
    ...['--dir', `${passageFolder}/read-only`],
    ...['--bind', tenant.folder, within.folder],
    ...['--bind', tenant.socketFolder, within.socketFolder],
    ...['--ro-bind', tenant.imageFolder, within.imageFolder],
    ...['--ro-bind', tenant.accounts, within.accounts],
    ...readOnly.flatMap(([source, inside]) => ['--ro-bind', source as string, inside as string]),
  ];
}

/** The same things, as the second bubblewrap finds them. */
function insidePassage(tenant: TenantMounts): TenantMounts {
  const readOnly = Object.values(tenant.readOnly).map((inside, index) => [passageOfReadOnly(index), inside]);
  return {
    folder: `${passageFolder}/tenant`,
    socketFolder: `${passageFolder}/sockets`,
    imageFolder: `${passageFolder}/image`,
    accounts: `${passageFolder}/accounts`,
    readOnly: Object.fromEntries(readOnly),
  };
}

const passageOfReadOnly = (index: number) => `${passageFolder}/read-only/${index}`;
