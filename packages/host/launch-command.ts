import { join } from 'node:path';
import type { AgentDefinition, RuntimeCommand, RuntimePlace } from '@clawpool/contracts';
import type { OpenClawProfile, ProfilePlace } from '@clawpool/workspace';
import type { RuntimeImage } from './image.ts';

/** What `guest/start.mjs` is told. All paths are as seen from inside. */
interface GuestOptions {
  inSocket: string;
  outSocket: string;
  gatewayPort: number;
  egressPort: number;
  program: string;
  arguments: readonly string[];
  flatModules: string;
  /** Without `original` the folder is filled; with it, it becomes a folder of links to that read-only original. */
  compileCache: { folder: string; original?: string } | null;
  unfinishedTurns: OpenClawProfile['unfinishedTurns'];
  repository: { folder: string; exclude: readonly string[]; name: string; email: string } | null;
}

/** Host folders whose content the tenant sees read-only. */
export interface MountedFolders {
  guest: string;
  configuration: string;
  /** Null: there is none, or it is being filled. */
  compileCache: string | null;
}

/** Host path -> name under `/run/clawpool` inside, as the driver wants it. */
export function readOnlyMounts(mounts: MountedFolders): Record<string, string> {
  const { guest, configuration, compileCache } = mounts;
  return {
    [guest]: 'guest',
    [configuration]: 'configuration',
    ...(compileCache === null ? {} : { [compileCache]: 'compile-cache' }),
  };
}

/** The driver's place, in the profile's words. */
export function profilePlace(place: RuntimePlace, mounts: MountedFolders): ProfilePlace {
  return {
    tenantFolder: place.folder,
    temporaryFolder: place.temporaryFolder,
    imageFolder: place.imageFolder,
    configurationFolder: inside(place, mounts.configuration),
    gatewayPort: place.gatewayPort,
    egressPort: place.egressPort,
  };
}

/** What the driver starts: the image's Node with the guest, which becomes the gateway. */
export function launchCommand(options: {
  profile: OpenClawProfile;
  image: RuntimeImage;
  place: RuntimePlace;
  mounts: MountedFolders;
  agent: AgentDefinition;
  /** Paths in the workspace that Clawpool writes. */
  ourFiles: readonly string[];
  logFile: string;
  /** Fill a compile cache in the tenant's folder instead of using one. */
  fillCompileCache: boolean;
}): RuntimeCommand {
  const { profile, image, place, mounts, agent } = options;
  const workspace = join(place.folder, profile.workspace);
  const guest: GuestOptions = {
    inSocket: join(place.socketFolder, 'in.sock'),
    outSocket: join(place.socketFolder, 'out.sock'),
    gatewayPort: place.gatewayPort,
    egressPort: place.egressPort,
    program: join(place.imageFolder, image.openclaw),
    arguments: profile.program.arguments,
    flatModules: join(place.imageFolder, profile.flatModules),
    compileCache: compileCache(place, mounts, options.fillCompileCache),
    unfinishedTurns: { ...profile.unfinishedTurns, file: join(place.folder, profile.unfinishedTurns.file) },
    repository: runsCommands(agent)
      ? {
          folder: workspace,
          exclude: options.ourFiles,
          name: 'Clawpool agent',
          email: 'agent@clawpool.invalid',
        }
      : null,
  };
  const program = join(inside(place, mounts.guest), 'start.mjs');
  return {
    argv: [join(place.imageFolder, image.node), ...profile.nodeFlags, program, JSON.stringify(guest)],
    env: {
      ...profile.environment(profilePlace(place, mounts)),
      ...(guest.compileCache === null ? { NODE_DISABLE_COMPILE_CACHE: '1' } : {}),
    },
    cwd: workspace,
    logFile: options.logFile,
  };
}

/** Where a runtime that fills a compile cache leaves it, in the tenant's folder. */
export const filledCompileCache = 'compile-cache';

function compileCache(place: RuntimePlace, mounts: MountedFolders, fill: boolean): GuestOptions['compileCache'] {
  if (fill) return { folder: join(place.folder, filledCompileCache) };
  if (mounts.compileCache === null) return null;
  return { folder: join(place.temporaryFolder, 'compile-cache'), original: inside(place, mounts.compileCache) };
}

/** Its workspace is a git repository then. */
export const runsCommands = ({ tools }: AgentDefinition): boolean =>
  tools.includes('shell') || tools.includes('code_execution');

function inside(place: RuntimePlace, hostPath: string): string {
  const path = place.readOnly[hostPath];
  if (path === undefined) throw new Error(`${hostPath} is not part of the runtime's place`);
  return path;
}
