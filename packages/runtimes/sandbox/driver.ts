import { stat } from 'node:fs/promises';
import { arch } from 'node:process';
import type {
  DriverProbe,
  Runtime,
  RuntimeCommand,
  RuntimeDriver,
  RuntimePlace,
  RuntimeSpec,
} from '@clawpool/contracts';
import { RuntimeStartError } from '@clawpool/contracts';
import { checkSpec } from '../launch/check-spec.ts';
import { guarded } from '../launch/handshake.ts';
import { createLauncher } from '../launch/launcher.ts';
import { startError } from '../launch/start-error.ts';
import { writeAccounts } from './accounts.ts';
import { boundaryProcesses, composeBoundary, sandboxPlace } from './boundary.ts';
import type { Bubblewrap } from './bubblewrap.ts';
import { findBubblewrap } from './bubblewrap.ts';
import { giveTo } from './ownership.ts';
import { lackingForRoot, tryBoundary } from './probe.ts';
import { syscallFilter } from './syscall-filter.ts';

/**
 * Runs each tenant in its own user, mount, process, network, ipc, hostname and cgroup namespaces with bubblewrap: a read-only
 * root without anything of the host but its programs, no capabilities, no network, a system call filter. Started by root, every
 * tenant is a host user of its own as well.
 */
export function createSandboxDriver(options: { stateFolder: string }): RuntimeDriver {
  const launcher = createLauncher(options.stateFolder);
  const asRoot = process.getuid?.() === 0;
  const filter = syscallFilter(arch);
  let known: Bubblewrap | undefined;

  async function bubblewrap(): Promise<Bubblewrap> {
    if (known) return known;
    const found = await findBubblewrap();
    if (!found.ok) throw new RuntimeStartError('driver_unavailable', `${found.reason}. ${found.hint}`);
    known = found.bubblewrap;
    return known;
  }

  async function probe(): Promise<DriverProbe> {
    try {
      const found = await findBubblewrap();
      if (!found.ok) return { usable: false, reason: found.reason, hint: found.hint };
      const refused = await tryBoundary(found.bubblewrap, filter, asRoot);
      if (refused) return { usable: false, ...refused };
      const { limits, notes } = await launcher.limits();
      return { usable: true, limits, notes: [...notes, ...boundaryNotes(filter !== undefined, asRoot)] };
    } catch (error) {
      return { usable: false, reason: (error as Error).message, hint: 'Repair this and start Clawpool again.' };
    }
  }

  async function prepare(spec: RuntimeSpec): Promise<RuntimePlace> {
    checkSpec(spec);
    if (asRoot && !(Number.isInteger(spec.uid) && spec.uid > 0 && spec.uid < 2 ** 31)) {
      throw new RuntimeStartError('configuration_invalid', `A tenant cannot run as host user ${spec.uid}`);
    }
    return sandboxPlace(spec);
  }

  async function start(spec: RuntimeSpec, place: RuntimePlace, command: RuntimeCommand): Promise<Runtime> {
    const tools = await bubblewrap();
    const lacking = asRoot ? lackingForRoot(tools) : undefined;
    if (lacking) throw new RuntimeStartError('driver_unavailable', lacking.reason);
    await requireFile(tools.path);
    await requireImage(spec.imageFolder);
    return launcher.start({
      spec,
      command,
      boundaryProcesses: boundaryProcesses(asRoot),
      compose: async () => {
        const accounts = await writeAccounts(options.stateFolder).catch(fail('The state folder cannot be written'));
        if (asRoot) {
          const folders = [spec.folder, spec.socketFolder];
          await giveTo(tools.find as string, folders, spec.uid).catch(
            fail("The tenant's folders cannot be given to it"),
          );
        }
        const { folder, socketFolder, imageFolder } = spec;
        const boundary = composeBoundary({
          bubblewrap: tools,
          tenant: { folder, socketFolder, imageFolder, readOnly: place.readOnly, accounts },
          command: { ...command, argv: guarded(command.argv) },
          limits: spec.limits,
          filter,
          uid: asRoot ? spec.uid : undefined,
        });
        return { ...boundary, env: {}, cwd: '/' };
      },
    });
  }

  async function requireFile(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    if (found) return;
    known = undefined;
    throw new RuntimeStartError('driver_unavailable', `${path} is gone`);
  }

  return { name: 'sandbox', isolates: true, probe, prepare, start, sweep: launcher.sweep };
}

async function requireImage(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new RuntimeStartError('image_missing', `There is no image at ${folder}`);
}

function fail(what: string) {
  return (error: unknown): never => {
    throw startError(error, what);
  };
}

function boundaryNotes(filtered: boolean, asRoot: boolean): string[] {
  return [
    ...(filtered
      ? []
      : [`System calls are not filtered on this processor (${arch}); namespaces alone hold the boundary.`]),
    ...(asRoot ? [] : ['All agents run as the same host user; started by root, each would be a host user of its own.']),
  ];
}
