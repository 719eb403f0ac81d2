import { statfs } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { availableParallelism, totalmem } from 'node:os';
import type {
  BlobStore,
  EgressPorts,
  EnforcedLimits,
  FilesSnapshot,
  Host,
  HostDescription,
  RunningTurns,
  RuntimeDriver,
  RuntimeTokens,
  TurnEvent,
  TurnRequest,
} from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import type { HostFolders } from './host-folders.ts';
import { prepareFolders, removeLeftovers, removeSocketsBase } from './host-folders.ts';
import { describeHosted } from './hosted.ts';
import { checkTenantId, hostedRuntimes } from './hosted-runtimes.ts';
import { hostedWorkspaces } from './hosted-workspaces.ts';
import type { ImageCatalogue } from './image.ts';
import type { ImageSettings } from './image-settings.ts';
import { imageSettings } from './image-settings.ts';
import { logTail } from './runtime-log.ts';
import { logFileOf } from './runtime-setting.ts';
import type { TenantFolders } from './tenant-folders.ts';
import { tenantFolders } from './tenant-folders.ts';

export interface HostOptions {
  driver: RuntimeDriver;
  /** Why this driver, which limits it enforces here, and what the operator should know: told on in `describe`. */
  why: string;
  limits: EnforcedLimits;
  notes: string[];
  images: ImageCatalogue;
  /** Where checkpoints are. */
  blobs: BlobStore;
  /** Where the files of messages and answers are (`TurnUpload.blob`, `TurnFile.blob`). */
  attachments: BlobStore;
  /** Tenants' folders, sockets, configurations and logs live below it. Made where missing. */
  dataFolder: string;
  /** Who answers a tenant's model calls. */
  egress: (tenantId: string) => RequestListener;
  /** Which hosts a tenant may reach through its out pipe; absent: none. */
  connections?: EgressPorts & { allowPrivateAddresses: boolean };
  tokens: RuntimeTokens;
  /** Told which turns run, for the gateways that do not say everything themselves. */
  turns: RunningTurns;
  onProgress?: (line: string) => void;
  /** For tests that need another profile than the image's version has. */
  profile?: OpenClawProfile;
}

/**
 * The host agent: runs tenants of this machine. Ends what an earlier one of the same data folder left behind, and, the first
 * time an image is used with a driver, lets Node compile it once (about 10 s). The default image is made ready at once.
 *
 * @throws ClawpoolError when the default image cannot be provided
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { driver, images, blobs, attachments, tokens, turns, egress, onProgress = () => {} } = options;
  const notes = [...options.notes];
  const folders = await prepareFolders(options.dataFolder);
  const settings = imageSettings({
    images,
    profile: options.profile,
    base: {
      driver,
      tokens,
      turns,
      attachments,
      egress,
      connections: options.connections ?? { mayConnect: async () => false, allowPrivateAddresses: false },
      folders: { ...folders, compileCache: null },
      fillCompileCache: false,
      owner: (uid) => hostUser(driver, uid),
    },
    onProgress,
    onNote: (note) => notes.push(note),
  });
  await driver.sweep();
  const files = tenantFolders({ folders, blobs, profileOf: settings.profileOf, defaultImage: images.default });
  await removeLeftovers(folders, await files.recover());
  await settings.of(images.default);
  return manage({ ...options, notes }, settings, folders, files);
}

function manage(options: HostOptions, settings: ImageSettings, folders: HostFolders, files: TenantFolders): Host {
  const { driver } = options;
  const runtimes = hostedRuntimes({ settings, folders, files, canPrepareSlots: driver.isolates });

  async function* turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    const runtime = runtimes.running(request.tenantId);
    if (runtime) yield* runtime.turn(request, signal);
    else yield { type: 'failed', reason: 'exited', message: 'The agent is not running.', retry: true };
  }

  async function setPaused(tenantId: string, paused: boolean): Promise<void> {
    const tenant = runtimes.find(tenantId);
    const runtime = runtimes.running(tenantId);
    if (!tenant || !runtime || tenant.paused === paused) return;
    tenant.paused = paused;
    await (paused ? runtime.pause() : runtime.resume());
  }

  function checkpoint(
    tenantId: string,
    previous: string | null,
    maxBytes = largestCheckpoint,
    epoch?: number,
  ): Promise<FilesSnapshot> {
    return runtimes.withFiles(tenantId, (runtime) =>
      files.checkpoint({
        ...{ tenantId, previous, maxBytes, epoch },
        ...(runtime ? { whileReading: runtime.whileFrozen } : {}),
      }),
    );
  }

  /** For what is done to the files of a tenant that does not run. */
  function atRest<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    return runtimes.withFiles(tenantId, async (runtime) => {
      if (runtime && runtimes.running(tenantId) === runtime) {
        throw new ClawpoolError('conflict', 'The agent is running.', 'Stop it first.');
      }
      await runtime?.ended;
      return work();
    });
  }

  return {
    describe: () => describeHost(options, folders),
    start: runtimes.start,
    stop: (tenantId) => runtimes.end(tenantId, 'tenant'),
    pause: (tenantId) => setPaused(tenantId, true),
    resume: (tenantId) => setPaused(tenantId, false),
    setLimits: async (tenantId, limits) => runtimes.running(tenantId)?.setLimits(limits),
    configure: async (tenantId, agent) => runtimes.running(tenantId)?.configure(agent),
    turn,
    heartbeatFile: (tenantId) =>
      runtimes.withFiles(tenantId, async () =>
        somethingIn(await files.readWorkspace(tenantId, 'HEARTBEAT.md', largestHeartbeat)),
      ),
    forgetSession: (tenantId, session) =>
      runtimes.withFiles(tenantId, (runtime) =>
        runtime ? runtime.forgetSession(session) : files.forgetSession(tenantId, session),
      ),
    usage: async (tenantId) => (await runtimes.running(tenantId)?.usage()) ?? null,
    logs: async (tenantId, lines) => {
      checkTenantId(tenantId);
      return runtimes.running(tenantId)?.logs(lines) ?? logTail(logFileOf(folders, tenantId), lines);
    },
    list: () =>
      Promise.all(runtimes.list().map((each) => describeHosted(each, `unix:${folders.sockets(each.id)}/in.sock`))),
    prepareSlot: runtimes.prepareSlot,
    claimSlot: runtimes.claimSlot,
    dropSlot: (slotId) => runtimes.end(slotId, 'slot'),
    checkpoint,
    restore: ({ tenantId, root, epoch, uid }) =>
      atRest(tenantId, () => files.restore({ tenantId, root, epoch, owner: hostUser(driver, uid) })),
    resetFiles: (tenantId) => atRest(tenantId, () => files.reset(tenantId)),
    removeFiles: (tenantId) => atRest(tenantId, () => files.remove(tenantId)),
    ...hostedWorkspaces({
      ...{ runtimes, files, defaultImage: options.images.default },
      ownerOf: (uid) => hostUser(driver, uid),
    }),
    provideImage: async (imageId) => {
      await settings.of(imageId);
    },
    onExit: runtimes.onExit,
    close: async () => {
      await runtimes.close();
      await removeSocketsBase(folders);
    },
  };
}

/** A to-do list of an agent; its turn's text is made of it. */
const largestHeartbeat = 256 * 1024;

/** Null when there is nothing in it but headings and white space: an agent that nothing is asked of is not woken. */
function somethingIn(text: string | null): string | null {
  return text === null || /^(?!\s*#{1,6}(?:\s|$)).*\S/mu.test(text) ? text : null;
}

/** When nobody says how much a tenant's files may be; a file with holes can claim to be larger than any disk. */
const largestCheckpoint = 16 * 2 ** 30;

/** Each tenant is a host user of its own where there is a boundary to become one in. */
const hostUser = (driver: RuntimeDriver, uid: number): number | undefined =>
  process.getuid?.() === 0 && driver.isolates ? uid : undefined;

async function describeHost(options: HostOptions, folders: HostFolders): Promise<HostDescription> {
  const { driver, images, why, limits, notes } = options;
  const { blocks, bavail, bsize } = await statfs(folders.tenants);
  const megabytes = (bytes: number) => Math.floor(bytes / 2 ** 20);
  const catalogue = images.entries.map(async ({ id, typicalMemoryMegabytes }) => ({
    id,
    typicalMemoryMegabytes,
    installed: await images.installed(id),
  }));
  return {
    driver: driver.name,
    isolates: driver.isolates,
    why,
    limits,
    notes,
    image: images.default,
    images: await Promise.all(catalogue),
    capacity: {
      cpus: availableParallelism(),
      memoryMegabytes: megabytes(Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)),
      diskMegabytes: megabytes(blocks * bsize),
      diskFreeMegabytes: megabytes(bavail * bsize),
    },
  };
}
