/** The composition root: the one place that knows every package and joins them into a running installation. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import { channelDrivers, splitText } from '@clawpool/channels';
import { openBlobStore } from '@clawpool/checkpoints';
import { ClawpoolError, type Host, type HostDescription } from '@clawpool/contracts';
import { createHost, imageCatalogue } from '@clawpool/host';
import { commandRules, createModelGateway, type ModelGateway } from '@clawpool/models';
import { chooseDriver } from '@clawpool/runtimes';
import {
  type ControlPlane,
  createAgentApi,
  createEgressPorts,
  createModelGatewayPorts,
  openDatabase,
  startControlPlane,
} from '@clawpool/server';
import { openclawProfile } from '@clawpool/workspace';
import type { Logger } from 'pino';
import type { Configuration } from './configuration.ts';
import { provideConsole } from './console-build.ts';
import { imagesFolder } from './folders.ts';
import { type Steps, silentSteps } from './steps.ts';

export interface InstallationOptions extends Configuration {
  /** Folder of the checkout. */
  home: string;
  version: string;
  logger: Logger;
  /** Where the console's pages are. Absent: built from the sources where these have changed. Null: no console. */
  consoleFolder?: string | null | undefined;
  /** Names of the hosts that run in this process; one, named `local`, unless given. Each has files of its own. */
  hosts?: readonly [string, ...string[]];
  /** Told what is being done; silent unless given. */
  steps?: Steps;
  /** Aborted: what takes long while starting is ended. */
  signal?: AbortSignal;
}

export interface Installation {
  /** Where the console and the API are, as a browser on this machine reaches them. */
  url: string;
  /** Present after the very first start only: generated, shown once. */
  firstAdmin: { email: string; password: string } | null;
  /** Present when the sample organization was made just now: the first password of all its people. */
  sample: { password: string } | null;
  database: { kind: 'embedded' | 'external'; version: string };
  host: HostDescription;
  model: ModelGateway['active'];
  /** Starts and stops tenants, for whoever embeds an installation: tests and benchmarks. */
  pool: ControlPlane['pool'];
  /** Stops everything in order. Messages that wait or are being answered are answered after the next start. */
  close(onProgress?: (line: string) => void): Promise<void>;
}

/**
 * Starts a whole installation in this process. What does not depend on each other starts side by side. When a part
 * cannot start, those that did are stopped again.
 * @throws ClawpoolError of the part that could not start, with what to do.
 */
export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const parts = createParts();
  try {
    return await start(options, parts);
  } catch (error) {
    await parts.close();
    throw error;
  }
}

async function start(options: InstallationOptions, parts: Parts): Promise<Installation> {
  const { data, logger, steps = silentSteps } = options;
  const images = imageCatalogue({ imagesFolder: imagesFolder(options.home) });
  const [database, blobs, attachments, , consoleFolder] = await allOrFirstError([
    steps.run(
      'Database',
      async (onProgress) => {
        const opened = await openDatabase({
          dataFolder: data,
          onProgress,
          ...given('databaseUrl', options.databaseUrl),
        });
        parts.add('database', () => opened.close());
        return opened;
      },
      ({ kind, version }) => `${kind} PostgreSQL ${version}`,
    ),
    openBlobStore(options.blobs, data),
    openBlobStore(options.blobs, data, 'attachments'),
    steps.run(
      'Image',
      (onProgress) => images.provide(images.default, onProgress),
      ({ id }) => id,
    ),
    options.consoleFolder === undefined
      ? steps
          .run(
            'Console',
            async (onProgress) => provideConsole(options.home, onProgress, options.signal),
            ({ built }) => (built ? 'built' : 'unchanged'),
          )
          .then(({ folder }) => folder)
      : options.consoleFolder,
  ]);

  options.signal?.throwIfAborted();

  // The gateway says which models there are, and its ports have to know: they are looked up when they are used.
  let ports: ReturnType<typeof createModelGatewayPorts>;
  const gateway = createModelGateway({
    settings: options.models,
    ports: {
      policyFor: (tenantId) => ports.policyFor(tenantId),
      recordUsage: (usage) => ports.recordUsage(usage),
      recordRefusal: (refusal) => ports.recordRefusal(refusal),
      recordToolCall: (call) => ports.recordToolCall(call),
    },
    report: (error) => logger.error({ err: error }, 'A model call could not be brought to its end.'),
  });
  parts.add('model gateway', () => gateway.close());
  ports = createModelGatewayPorts({
    database,
    models: gateway.models,
    openclawTools: (tools, tierImage) => openclawProfile(versionOf(tierImage ?? images.default)).toolNames(tools),
  });

  // Its files are the control plane's, which is started when the hosts are there.
  let controlPlane: ControlPlane | null = null;
  const memory = () => {
    if (controlPlane) return controlPlane.memory;
    throw new ClawpoolError('unavailable', 'Clawpool is just starting.', 'Try again in a moment.');
  };

  // What an agent's out pipe leads to: models, and what it may ask of the control plane.
  const agentApi = createAgentApi({
    database,
    accepts: gateway.tokens.accepts,
    runningTurns: gateway.turns.of,
    memory: {
      remember: (...note) => memory().remember(...note),
      recall: (agent) => memory().recall(agent),
    },
    onError: (error) => logger.error({ err: error }, 'A call of an agent could not be answered.'),
  });
  const egress = (tenantId: string): RequestListener => {
    const [models, tools] = [gateway.handler(tenantId), agentApi(tenantId)];
    return (request, response) => (isForAgentApi(request) ? tools : models)(request, response);
  };

  const hosts = new Map<string, Host>();
  for (const name of options.hosts ?? ['local']) {
    // The first one's files are where they always were.
    const dataFolder = hosts.size === 0 ? data : join(data, 'hosts', name);
    const chosen = await steps.run(
      'Driver',
      () =>
        chooseDriver({
          stateFolder: join(dataFolder, 'run', 'runtimes'),
          allowUnsafe: options.unsafeProcessDriver,
          ...given('preferred', options.driver),
        }),
      ({ driver }) => driver.name,
    );
    const host = await steps.run('Host', (onProgress) =>
      createHost({
        ...chosen,
        images,
        blobs,
        attachments,
        dataFolder,
        egress,
        connections: { ...createEgressPorts(database), allowPrivateAddresses: options.privateEgress },
        tokens: gateway.tokens,
        turns: gateway.turns,
        onProgress,
      }),
    );
    parts.add('agents', () => host.close());
    hosts.set(name, host);
  }
  options.signal?.throwIfAborted();

  const started = await steps.run('Control plane', () =>
    startControlPlane({
      database,
      dataFolder: data,
      hosts,
      blobs,
      attachments,
      channels: { drivers: channelDrivers, splitText },
      quick: gateway.quickAnswers,
      model: gateway.active,
      modelChoice: { id: gateway.models[0], ...modelSize },
      modelFailureOf: ports.failureOf,
      commandRules,
      version: options.version,
      port: options.port,
      bind: options.bind,
      publicUrl: options.publicUrl ?? null,
      privateWebhooks: options.privateWebhooks,
      turnsPerTenant: options.turnsPerAgent,
      operationsKeptDays: options.operationsKeptDays,
      consoleFolder,
      trustedProxies: options.trustedProxies,
      demo: options.demo,
      logger,
    }),
  );
  controlPlane = started;
  // Refuses new work and gives running turns up to the next start.
  parts.add('console and turns', () => started.close());

  return {
    url: started.url,
    firstAdmin: started.firstAdmin,
    sample: started.sample,
    database: { kind: database.kind, version: database.version },
    host: await (hosts.values().next().value as Host).describe(),
    model: gateway.active,
    pool: started.pool,
    close: parts.close,
  };
}

const isForAgentApi = ({ url }: IncomingMessage) => /^\/mcp(?:[/?]|$)/u.test(url ?? '');

interface Parts {
  add(name: string, close: () => Promise<void>): void;
  close(onProgress?: (line: string) => void): Promise<void>;
}

/**
 * What has been started, stopped in the opposite order: first nothing new is accepted, then the agents, then what they
 * called, and the database, to which all of them write, at last. A part that fails to stop does not keep the others.
 */
function createParts(): Parts {
  const started: { name: string; close: () => Promise<void> }[] = [];
  return {
    add(name, close) {
      started.push({ name, close });
    },
    async close(onProgress) {
      const errors: unknown[] = [];
      for (let part = started.pop(); part; part = started.pop()) {
        onProgress?.(part.name);
        await part.close().catch((error: unknown) => errors.push(error));
      }
      if (errors.length > 0)
        throw errors.length === 1 ? errors[0] : new AggregateError(errors, 'Several parts did not stop in order.');
    },
  };
}

/** Like Promise.all, but it rejects only when all have settled: whoever cleans up then knows everything that was started. */
async function allOrFirstError<T extends readonly unknown[]>(
  promises: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    [K in keyof T]: Awaited<T[K]>;
  };
}

/**
 * What agents are told about the model's size, in tokens: what the smallest of the models meant for agents have. OpenClaw
 * summarizes a session before it outgrows this.
 */
const modelSize = { contextWindow: 128_000, maxOutputTokens: 8_192 };

/** `openclaw-2026.6.35` -> `2026.6.35`. */
const versionOf = (image: string): string => image.replace(/^openclaw-/, '');

/** An optional setting that is left out rather than set to undefined. */
function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: V };
}
