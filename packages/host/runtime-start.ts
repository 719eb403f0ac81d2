import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { AgentDefinition, Runtime, RuntimeLimits, RuntimeSpec } from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import { composeWorkspace, sessionContextFile } from '@clawpool/workspace';
import type { AgentFiles, AgentOwner } from './agent-files.ts';
import { agentFiles } from './agent-files.ts';
import { serveEgress } from './egress-server.ts';
import { createEgressTunnel } from './egress-tunnel.ts';
import type { Gateway } from './gateway.ts';
import { createGateway } from './gateway.ts';
import type { MountedFolders } from './launch-command.ts';
import { launchCommand, profilePlace, readOnlyMounts } from './launch-command.ts';
import { logSize, logTail } from './runtime-log.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { logFileOf, noteInLog } from './runtime-setting.ts';
import type { RuntimeToken } from './runtime-token.ts';
import type { StartFailure } from './start-failure.ts';
import { failureOf, whyItEnded } from './start-failure.ts';
import { freshFolder } from './tenant-files.ts';

/** What is started: a tenant's runtime, or a warm slot. */
export interface RuntimeRequest {
  /** Names its folders, its log and what the driver keeps of it. */
  id: string;
  uid: number;
  limits: RuntimeLimits;
  owner: AgentOwner;
  token: RuntimeToken;
  /** Answers its model calls. */
  model: RequestListener;
}

/** A runtime whose gateway answers, with what it was started with. */
export interface StartedRuntime {
  runtime: Runtime;
  gateway: Gateway;
  files: AgentFiles;
  token: RuntimeToken;
  socketFolder: string;
  /** The gateway's, inside. */
  port: number;
  logFile: string;
  /** The log's length when it was started. */
  logStart: number;
  /** From now on this one answers its model calls, and it reaches what this tenant may. */
  becomeOutPipeOf(tenantId: string, model: RequestListener): void;
  /** Removes what was made for it; to be called when it is gone. */
  putAway(): Promise<void>;
}

export type RuntimeStart = { ok: true; started: StartedRuntime } | { ok: false; failure: StartFailure };

/** SIGTERM, then this long, then SIGKILL: OpenClaw 2026.6 ends a running turn after about 3 s. */
export const graceMs = 5_000;
const readyWithinMs = 60_000;

/**
 * Writes the agent's files into its folder, opens its pipes, starts its runtime and waits until its gateway answers. Everything that can
 * go wrong for a known reason is a value; whatever was begun is undone then. Aborting `signal` stops a start that is under way.
 */
export async function startRuntime(
  setting: RuntimeSetting,
  request: RuntimeRequest,
  signal: AbortSignal,
): Promise<RuntimeStart> {
  const undo: (() => Promise<unknown> | unknown)[] = [() => request.token.end()];
  const putAway = async () => {
    for (const step of undo.splice(0).reverse()) await Promise.resolve(step()).catch(() => {});
  };
  try {
    const started = signal.aborted ? null : { ...(await begin(setting, request, undo)), putAway };
    const failure = started ? await untilReady(setting, started, signal) : stopped;
    if (started && !failure) return { ok: true, started };
    await started?.runtime.stop(graceMs);
    await putAway();
    return { ok: false, failure: failure ?? stopped };
  } catch (error) {
    await putAway();
    await noteInLog(setting.folders, request.id, error);
    return { ok: false, failure: failureOf(error) };
  }
}

async function begin(
  setting: RuntimeSetting,
  request: RuntimeRequest,
  undo: (() => Promise<unknown> | unknown)[],
): Promise<Omit<StartedRuntime, 'putAway'>> {
  const { driver, profile, image, folders } = setting;
  const { id, owner, token } = request;
  const uid = setting.owner(request.uid);
  const socketFolder = folders.sockets(id);
  const mounts: MountedFolders = {
    guest: folders.guest,
    configuration: join(folders.configurations, id),
    compileCache: folders.compileCache,
  };
  undo.push(() => rm(socketFolder, { recursive: true, force: true }));
  await freshFolder(socketFolder);
  undo.push(() => rm(mounts.configuration, { recursive: true, force: true }));
  await freshFolder(mounts.configuration, uid);

  const spec: RuntimeSpec = {
    tenantId: id,
    generation: owner.generation,
    folder: owner.folder,
    socketFolder,
    imageFolder: image.folder,
    readOnly: readOnlyMounts(mounts),
    uid: request.uid,
    limits: request.limits,
  };
  const place = await driver.prepare(spec);
  const gatewayToken = randomBytes(24).toString('base64url');
  const files = agentFiles({
    profile,
    configurationFolder: mounts.configuration,
    uid,
    owner,
    attachments: setting.attachments,
    input: { place: profilePlace(place, mounts), gatewayToken, modelToken: token.token },
  });
  await files.writeAll();

  let { model } = request;
  let tenantId = id;
  const { mayConnect, allowPrivateAddresses } = setting.connections;
  const tunnel = createEgressTunnel({
    mayConnect: (host, port, open) => mayConnect({ tenantId, host, port, open }),
    allowPrivateAddresses,
  });
  const egress = await serveEgress(socketFolder, (call, response) => model(call, response), tunnel);
  undo.push(() => egress.close());
  const gateway = createGateway({ socketFolder, profile, gatewayToken, turns: setting.turns });
  undo.push(() => gateway.close());

  const logFile = logFileOf(folders, id);
  const logStart = await logSize(logFile);
  const command = launchCommand({
    profile,
    image,
    place,
    mounts,
    agent: owner.agent,
    ourFiles: ourFiles(owner.agent, profile),
    logFile,
    fillCompileCache: setting.fillCompileCache,
  });
  const runtime = await driver.start(spec, place, command);
  return {
    runtime,
    gateway,
    files,
    token,
    socketFolder,
    port: place.gatewayPort,
    logFile,
    logStart,
    becomeOutPipeOf: (owner, next) => {
      tenantId = owner;
      model = next;
    },
  };
}

const ourFiles = (agent: AgentDefinition, profile: OpenClawProfile): string[] => [
  ...composeWorkspace(agent, profile).map(({ path }) => path),
  sessionContextFile,
];

export const stopped: StartFailure = {
  reason: 'exited',
  message: 'The agent was stopped while it started.',
  hint: 'Start the agent again.',
};

/** Null once the gateway answers. */
async function untilReady(
  setting: RuntimeSetting,
  { runtime, gateway, logFile, logStart }: StartedRuntime,
  signal: AbortSignal,
): Promise<StartFailure | null> {
  const deadline = AbortSignal.timeout(readyWithinMs);
  const over = new AbortController();
  const ready = gateway.ready(AbortSignal.any([signal, deadline, over.signal])).then(
    () => null,
    () => 'gave up' as const,
  );
  const result = await Promise.race([ready, runtime.exited]);
  over.abort();
  if (result === null) return null;
  if (result !== 'gave up') {
    return whyItEnded(setting.profile, result, await logTail(logFile, 200, logStart), 'starting');
  }
  if (signal.aborted) return stopped;
  return {
    reason: 'start_timeout',
    message: `The agent’s gateway did not answer within ${readyWithinMs / 1000} s.`,
    hint: 'The host may be overloaded. The agent is started again by itself.',
  };
}
