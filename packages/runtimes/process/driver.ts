import { mkdir, rm, stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
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

/**
 * Runs each tenant as a plain process of ours, for development only: it can read and write what we can, and every host
 * path is its own path inside. Limits and the end of everything at stop work as in the other drivers where cgroups are writable.
 */
export function createProcessDriver(options: { stateFolder: string }): RuntimeDriver {
  const launcher = createLauncher(options.stateFolder);

  async function probe(): Promise<DriverProbe> {
    try {
      const { limits, notes } = await launcher.limits();
      return {
        usable: true,
        limits,
        notes: ['Agents are not isolated: each can read and change what you can.', ...notes],
      };
    } catch (error) {
      return { usable: false, reason: (error as Error).message, hint: 'Repair this and start Clawpool again.' };
    }
  }

  async function prepare(spec: RuntimeSpec): Promise<RuntimePlace> {
    checkSpec(spec);
    const [gatewayPort, egressPort] = await freePorts();
    return {
      folder: spec.folder,
      socketFolder: spec.socketFolder,
      imageFolder: spec.imageFolder,
      readOnly: Object.fromEntries(Object.keys(spec.readOnly).map((host) => [host, host])),
      temporaryFolder: join(options.stateFolder, 'tmp', spec.tenantId),
      gatewayPort,
      egressPort,
    };
  }

  async function start(spec: RuntimeSpec, place: RuntimePlace, command: RuntimeCommand): Promise<Runtime> {
    const image = await stat(spec.imageFolder).catch(() => undefined);
    if (!image?.isDirectory()) {
      throw new RuntimeStartError('image_missing', `There is no image at ${spec.imageFolder}`);
    }
    return launcher.start({
      spec,
      command,
      boundaryProcesses: 0,
      compose: async () => {
        await emptyFolder(place.temporaryFolder);
        return { argv: guarded(command.argv), env: command.env, cwd: command.cwd, handedOver: [] };
      },
    });
  }

  return { name: 'process', isolates: false, probe, prepare, start, sweep: launcher.sweep };
}

async function emptyFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw startError(error, `The temporary folder ${folder} cannot be made`);
  }
}

/** Two loopback ports nobody listens on now. Someone may take one before the command does: then it fails, and starts anew. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  for (const server of servers) {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return [ports[0] as number, ports[1] as number];
}
