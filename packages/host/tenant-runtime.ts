import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, rm, statfs } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type {
  Runtime,
  RuntimeDriver,
  RuntimeExit,
  RuntimePlace,
  RuntimeSpec,
  RuntimeTokens,
  RuntimeUsage,
  StartRequest,
  TurnEvent,
  TurnRequest,
} from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import { composeWorkspace } from '@clawpool/workspace';
import { serveEgress } from './egress-server.ts';
import { createGateway } from './gateway.ts';
import type { RuntimeImage } from './image.ts';
import type { MountedFolders } from './launch-command.ts';
import { launchCommand, profilePlace, readOnlyMounts } from './launch-command.ts';
import { logSize, logTail } from './runtime-log.ts';
import type { StartFailure } from './start-failure.ts';
import { failureOf, whyItEnded } from './start-failure.ts';
import { freshFolder, makeFolders, writeFiles } from './tenant-files.ts';

/** What every tenant of this host is started with. */
export interface RuntimeSetting {
  driver: RuntimeDriver;
  image: RuntimeImage;
  profile: OpenClawProfile;
  tokens: RuntimeTokens;
  egress: (tenantId: string) => RequestListener;
  folders: {
    /** Tenants' own folders, each named by its id. */
    tenants: string;
    /** The folder of one tenant's sockets; short enough for the driver. */
    sockets: (tenantId: string) => string;
    configurations: string;
    logs: string;
    guest: string;
    /** Null: none, or it is to be filled. */
    compileCache: string | null;
  };
  fillCompileCache: boolean;
  /** uid and gid of what a tenant reads and owns; undefined when we are no root and everything is ours. */
  owner: (uid: number) => number | undefined;
}

/** A tenant whose gateway answers. */
export interface TenantRuntime {
  /** Resolves when it is gone, with what its end means where nobody asked for it. Nothing of it is left then. */
  readonly ended: Promise<StartFailure>;
  turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void>;
  usage(): Promise<RuntimeUsage | null>;
  stop(): Promise<void>;
}

export type TenantStart = { ok: true; runtime: TenantRuntime } | { ok: false; failure: StartFailure };

export const logFileOf = (setting: RuntimeSetting, tenantId: string): string =>
  join(setting.folders.logs, `${tenantId}.log`);

/** What happened on our side of the boundary, for the operator, beside what the runtime itself wrote. */
async function noteInLog(setting: RuntimeSetting, tenantId: string, error: unknown): Promise<void> {
  const line = `[clawpool] ${new Date().toISOString()} ${error instanceof Error ? error.message : String(error)}\n`;
  await appendFile(logFileOf(setting, tenantId), line, { mode: 0o600 }).catch(() => {}); // the disk may be what is wrong
}

/** SIGTERM, then this long, then SIGKILL: OpenClaw 2026.6 ends a running turn after about 3 s. */
const graceMs = 5_000;
const readyWithinMs = 60_000;

/**
 * Writes the tenant's files, opens its pipes, starts its runtime and waits until its gateway answers. Everything that can go
 * wrong for a known reason is a value; whatever was begun is undone then. Aborting `signal` stops a start that is under way.
 */
export async function startTenant(
  setting: RuntimeSetting,
  request: StartRequest,
  signal: AbortSignal,
): Promise<TenantStart> {
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const putAway = async () => {
    for (const step of undo.splice(0).reverse()) await Promise.resolve(step()).catch(() => {});
  };
  try {
    if (signal.aborted) return { ok: false, failure: stopped };
    const started = await begin(setting, request, undo);
    const failure = await untilReady(setting, started, signal);
    if (failure) {
      await started.runtime.stop(graceMs);
      await putAway();
      return { ok: false, failure };
    }
    return { ok: true, runtime: running(setting, started, putAway) };
  } catch (error) {
    await putAway();
    await noteInLog(setting, request.tenantId, error);
    return { ok: false, failure: failureOf(error) };
  }
}

interface Started {
  runtime: Runtime;
  gateway: ReturnType<typeof createGateway>;
  /** Reads what it wrote since it was started. */
  output: () => Promise<string[]>;
  writeWorkspace: () => Promise<void>;
}

/** Well within a token's hour, however late a timer fires on a loaded machine. */
const tokenRenewalMs = 10 * 60 * 1000;

async function begin(
  setting: RuntimeSetting,
  request: StartRequest,
  undo: (() => Promise<unknown> | unknown)[],
): Promise<Started> {
  const { driver, profile, image, folders, tokens } = setting;
  const { tenantId, generation, agent } = request;
  const owner = setting.owner(request.uid);
  const folder = join(folders.tenants, tenantId);
  const socketFolder = folders.sockets(tenantId);
  const mounts: MountedFolders = {
    guest: folders.guest,
    configuration: join(folders.configurations, tenantId),
    compileCache: folders.compileCache,
  };
  await mkdir(folder, { mode: 0o700, recursive: true });
  undo.push(() => rm(socketFolder, { recursive: true, force: true }));
  await freshFolder(socketFolder);
  undo.push(() => rm(mounts.configuration, { recursive: true, force: true }));
  await freshFolder(mounts.configuration, owner);

  const spec: RuntimeSpec = {
    tenantId,
    generation,
    folder,
    socketFolder,
    imageFolder: image.folder,
    readOnly: readOnlyMounts(mounts),
    uid: request.uid,
    limits: request.limits,
  };
  const place = await driver.prepare(spec);
  const gatewayToken = randomBytes(24).toString('base64url');
  const modelToken = tokens.issue(tenantId, generation);
  undo.push(() => tokens.revoke(tenantId, generation));
  const renewal = setInterval(() => tokens.renew(tenantId, generation), tokenRenewalMs).unref();
  undo.push(() => clearInterval(renewal));

  const workspace = composeWorkspace(agent);
  const writeWorkspace = () =>
    writeFiles(
      folder,
      workspace.map((file) => ({ ...file, path: join(profile.workspace, file.path) })),
      owner,
    );
  const input = {
    agent,
    place: profilePlace(place, mounts),
    gatewayToken,
    modelToken,
    revision: String(generation),
  };
  await makeFolders(folder, profile.folders, owner);
  await writeWorkspace();
  await writeFiles(folder, profile.state(input), owner);
  await writeFiles(mounts.configuration, readable(profile.configuration(input)), owner);

  const egress = await serveEgress(socketFolder, setting.egress(tenantId));
  undo.push(() => egress.close());
  const gateway = createGateway({ socketFolder, profile, gatewayToken });
  undo.push(() => gateway.close());

  const logFile = logFileOf(setting, tenantId);
  const from = await logSize(logFile);
  const runtime = await driver.start(spec, place, command(setting, place, mounts, agent, workspace, logFile));
  return { runtime, gateway, writeWorkspace, output: () => logTail(logFile, 200, from) };
}

const readable = (files: ReturnType<OpenClawProfile['configuration']>) =>
  files.map((file) => ({ ...file, mode: 0o400 }));

function command(
  setting: RuntimeSetting,
  place: RuntimePlace,
  mounts: MountedFolders,
  agent: StartRequest['agent'],
  workspace: readonly { path: string }[],
  logFile: string,
) {
  const { profile, image, fillCompileCache } = setting;
  const ourFiles = workspace.map(({ path }) => path);
  return launchCommand({ profile, image, place, mounts, agent, ourFiles, logFile, fillCompileCache });
}

const stopped: StartFailure = {
  reason: 'exited',
  message: 'The agent was stopped while it started.',
  hint: 'Start the agent again.',
};

/** Null once the gateway answers. */
async function untilReady(
  setting: RuntimeSetting,
  started: Started,
  signal: AbortSignal,
): Promise<StartFailure | null> {
  const { runtime, gateway, output } = started;
  const deadline = AbortSignal.timeout(readyWithinMs);
  const over = new AbortController();
  const ready = gateway.ready(AbortSignal.any([signal, deadline, over.signal])).then(
    () => null,
    () => 'gave up' as const,
  );
  const result = await Promise.race([ready, runtime.exited]);
  over.abort();
  if (result === null) return null;
  if (result !== 'gave up') return whyItEnded(setting.profile, result, await output(), 'starting');
  if (signal.aborted) return stopped;
  return {
    reason: 'start_timeout',
    message: `The agent’s gateway did not answer within ${readyWithinMs / 1000} s.`,
    hint: 'The host may be overloaded. The agent is started again by itself.',
  };
}

function running(
  setting: RuntimeSetting,
  { runtime, gateway, output, writeWorkspace }: Started,
  putAway: () => Promise<void>,
): TenantRuntime {
  let exit: RuntimeExit | undefined;
  const ended = runtime.exited.then(async (result) => {
    exit = result;
    const meaning = whyItEnded(setting.profile, result, await output().catch(() => []), 'running');
    await putAway();
    return meaning;
  });

  async function* turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    // The agent may have changed what makes it; every turn starts from what the organization decided.
    try {
      await writeWorkspace();
    } catch (error) {
      await noteInLog(setting, request.tenantId, error);
      const { reason, message } = failureOf(error);
      yield { type: 'failed', reason, message, retry: false };
      return;
    }
    for await (const event of gateway.turn(request, signal)) {
      yield event.type === 'failed' ? await explained(event) : event;
    }
  }

  /**
   * A broken answer usually means that the runtime is gone: its exit, which comes a moment later, says why. A gateway that lives
   * on and failed by itself often could not write: it does not say so, the disk does.
   */
  async function explained(event: Extract<TurnEvent, { type: 'failed' }>): Promise<TurnEvent> {
    if (event.reason === 'agent_error' && (await isFull(setting.folders.tenants))) {
      return { ...event, reason: 'storage_full', message: 'The host’s disk is full.' };
    }
    if (event.reason !== 'exited') return event;
    await Promise.race([runtime.exited, new Promise((resolve) => setTimeout(resolve, 1_000).unref())]);
    if (!exit) return event;
    const { reason, message } = await ended;
    // The same message would most likely end the same way.
    return { ...event, reason, message, retry: reason !== 'memory_limit' };
  }

  return {
    ended,
    turn,
    usage: () => runtime.usage(),
    stop: async () => {
      await runtime.stop(graceMs);
      await ended;
    },
  };
}

/** Less than a mebibyte left: a session's transcript no longer fits. */
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize < 2 ** 20;
}
