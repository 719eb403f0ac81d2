import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * What we limit, measure or freeze with. `cpuacct` and `freezer` are controllers in version 1 only; version 2 accounts CPU time in every
 * cgroup and can freeze each.
 */
export type Controller = 'memory' | 'pids' | 'cpu' | 'cpuacct' | 'freezer';

/** A folder of one cgroup hierarchy in which this installation may create cgroups, and the controllers that act there. */
export interface Branch {
  version: 'v1' | 'v2';
  /** `<base>/clawpool/<installation>`. */
  folder: string;
  controllers: readonly Controller[];
}

export interface CgroupMount {
  version: 'v1' | 'v2';
  mountPoint: string;
  /** The part of the hierarchy that is mounted here: `/`, or a container's own part. */
  root: string;
  controllers: readonly string[];
}

/** First what limits; then what freezes, where that does not come with it: a hierarchy without controllers is good enough for it. */
const wanted: readonly (readonly Controller[])[] = [['memory', 'pids', 'cpu', 'cpuacct'], ['freezer']];

/** Finds a writable branch for each controller; a controller without one is absent from the result. */
export async function findBranches(installation: string): Promise<Branch[]> {
  const mounts = parseCgroupMounts(await readFile('/proc/self/mountinfo', 'utf8'));
  const own = parseOwnCgroups(await readFile('/proc/self/cgroup', 'utf8'));
  const branches: Branch[] = [];
  const has = (controller: Controller) => branches.some((branch) => branch.controllers.includes(controller));
  for (const controllers of wanted) {
    for (const mount of mounts) {
      const missing = controllers.filter((controller) => !has(controller));
      for (const base of missing.length === 0 ? [] : candidateBases(mount, own)) {
        const branch = await tryBase(mount, base, installation, missing);
        if (!branch) continue;
        branches.push(branch);
        break;
      }
    }
  }
  return branches;
}

/** Creates the branch's folder where it is gone, and hands its controllers down to the cgroups in it. */
export async function ensureBranch(branch: Branch): Promise<void> {
  const base = join(branch.folder, '..', '..');
  if (branch.version === 'v1') await mkdir(branch.folder, { recursive: true });
  else await delegate(base, branch.folder, branch.controllers);
}

/** Reads the cgroup mounts out of `/proc/self/mountinfo` (format: proc_pid_mountinfo(5)). */
export function parseCgroupMounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): CgroupMount[] => {
    const [before, after] = line.split(' - ');
    const [, , , root, mountPoint] = before?.split(' ') ?? [];
    const [type, , options] = after?.split(' ') ?? [];
    if (root === undefined || mountPoint === undefined || options === undefined) return [];
    if (type === 'cgroup2') return [{ version: 'v2', mountPoint, root, controllers: [] }];
    if (type !== 'cgroup') return [];
    return [{ version: 'v1', mountPoint, root, controllers: options.split(',') }];
  });
}

/** Reads `/proc/self/cgroup`: controller name (empty for version 2) -> path of our own cgroup in its hierarchy. */
export function parseOwnCgroups(text: string): Map<string, string> {
  const own = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, names, ...path] = line.split(':');
    if (names === undefined || path.length === 0) continue;
    for (const name of names.split(',')) own.set(name, path.join(':'));
  }
  return own;
}

/**
 * Folders in which our cgroups could live, best first: from the top of the hierarchy down to our own cgroup. The top is the
 * same at every start, so what an earlier control process left behind is found again; a normal user may write only
 * to what systemd handed to them, which the attempt finds out.
 */
export function candidateBases(mount: CgroupMount, own: ReadonlyMap<string, string>): string[] {
  const ownPath = own.get(mount.version === 'v2' ? '' : (mount.controllers.find((name) => own.has(name)) ?? ''));
  if (ownPath === undefined) return [mount.mountPoint];
  const inside = relative(mount.root, ownPath);
  if (inside === '' || inside.startsWith('..')) return [mount.mountPoint];
  const steps = inside.split('/');
  return [mount.mountPoint, ...steps.map((_, index) => join(mount.mountPoint, ...steps.slice(0, index + 1)))];
}

async function tryBase(
  mount: CgroupMount,
  base: string,
  installation: string,
  missing: readonly Controller[],
): Promise<Branch | undefined> {
  const folder = join(base, 'clawpool', installation);
  try {
    await access(join(base, 'cgroup.procs'), constants.W_OK);
    if (mount.version === 'v1') {
      const controllers = missing.filter((controller) => mount.controllers.includes(controller));
      if (controllers.length === 0) return undefined;
      await mkdir(folder, { recursive: true });
      return { version: 'v1', folder, controllers };
    }
    const offered = await words(join(base, 'cgroup.controllers'));
    const controllers = missing.filter((controller) => offered.includes(controller));
    if (controllers.length === 0 && !missing.includes('freezer')) return undefined;
    const enabled = await delegate(base, folder, controllers);
    if (enabled.length === 0 && !missing.includes('freezer')) return undefined;
    return { version: 'v2', folder, controllers: [...enabled, 'freezer'] };
  } catch {
    return undefined; // read-only, not ours, or not there: the next base is tried, and in the end the probe says "none"
  }
}

/** Version 2: a controller acts in a cgroup only if every cgroup above enables it for its children. Returns those that do. */
async function delegate(base: string, folder: string, controllers: readonly Controller[]): Promise<Controller[]> {
  await mkdir(folder, { recursive: true });
  let enabled = controllers.filter((controller) => controller !== 'freezer');
  for (const parent of [base, join(base, 'clawpool'), folder]) {
    for (const controller of enabled) await enable(parent, controller);
    const now = await words(join(parent, 'cgroup.subtree_control'));
    enabled = enabled.filter((controller) => now.includes(controller));
  }
  return enabled;
}

async function enable(parent: string, controller: Controller): Promise<void> {
  const file = join(parent, 'cgroup.subtree_control');
  if ((await words(file)).includes(controller)) return;
  try {
    await writeFile(file, `+${controller}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') return;
    await moveProcessesToLeaf(parent);
    await writeFile(file, `+${controller}`).catch(() => {});
  }
}

/**
 * A cgroup other than the root hands controllers down only while no process is in it (the kernel's "no internal processes"
 * rule). This happens in a container or a delegated unit: the processes beside us, ourselves included, step one level down.
 */
async function moveProcessesToLeaf(cgroup: string): Promise<void> {
  const leaf = join(cgroup, 'clawpool-control');
  await mkdir(leaf, { recursive: true });
  for (const pid of await words(join(cgroup, 'cgroup.procs'))) {
    await writeFile(join(leaf, 'cgroup.procs'), pid).catch(() => {}); // it ended meanwhile, or is a kernel thread
  }
}

async function words(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split(/\s+/).filter((word) => word !== '');
}
