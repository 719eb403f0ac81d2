import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Host, ModelChoice, ModelFailure, Status } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import pg from 'pg';
import type { Logger } from 'pino';
import { createConversationService } from './conversations/conversation-service.ts';
import { createLiveConversations } from './conversations/live-conversations.ts';
import { startTurnRunner } from './conversations/turn-runner.ts';
import { ownerLock } from './conversations/turn-store.ts';
import { createHttpApp } from './http/app.ts';
import { registerConversationRoutes } from './http/routes/conversation-routes.ts';
import { registerInstallationRoutes } from './http/routes/installation-routes.ts';
import { registerTenantRoutes } from './http/routes/tenant-routes.ts';
import { scopeOf } from './organization/department-store.ts';
import { prepareInstallation } from './organization/first-start-service.ts';
import { createLiveTenants } from './pool/live-tenants.ts';
import { registerPoolMetrics } from './pool/pool-metrics.ts';
import { createTenantPool, type TenantPool } from './pool/tenant-service.ts';
import type { Database } from './store/database.ts';
import { listenForNotifications } from './store/notifications.ts';
import { organizations } from './store/schema/index.ts';

export interface ControlPlaneOptions {
  database: Database;
  dataFolder: string;
  host: Host;
  /** The active model, as shown to people, and what agents are told about it. */
  model: Status['model'];
  modelChoice: ModelChoice;
  /** Why the last model call of a turn failed, when the model gateway knows. */
  modelFailureOf: (tenantId: string, turnId: string) => ModelFailure | null;
  version: string;
  port: number;
  /** Address to listen on; `127.0.0.1` keeps it on this machine. */
  bind: string;
  /** The built console; null serves the API alone. */
  consoleFolder: string | null;
  /** Addresses or networks of reverse proxies whose forwarding headers are believed. */
  trustedProxies?: string[];
  /** Seed the sample organization on an empty installation. */
  demo: boolean;
  logger: Logger;
}

export interface ControlPlane {
  /** Where it answers, for example `http://localhost:8099`. */
  url: string;
  /** Of an installation that was empty: shown once, never stored. */
  firstAdmin: { email: string; password: string } | null;
  /** Of a sample organization that was seeded just now; the same first password for all its people. */
  sample: { password: string } | null;
  pool: TenantPool;
  /** Refuses new work, gives running turns up to the next start, hibernates every tenant, closes every stream. */
  close(): Promise<void>;
}

/** Turns of different tenants that one process runs at once; each is little more than an open stream. */
const concurrentTurns = 64;

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { database, host, logger } = options;
  const onError = (error: unknown) => logger.error({ err: error }, 'background work failed');
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const { firstAdmin, sample } = await prepareInstallation(database.db, { demo: options.demo });

    const owner = randomUUID();
    const ownerConnection = new pg.Client({ ...database.connection, keepAlive: true });
    ownerConnection.on('error', onError);
    await ownerConnection.connect();
    await ownerConnection.query(ownerLock(owner));
    closers.push(() => ownerConnection.end());

    const notifications = await listenForNotifications(database.connection);
    closers.push(() => notifications.close());
    const pool = await createTenantPool({ database, host, model: options.modelChoice, onError });
    closers.push(() => pool.close());
    const liveTenants = createLiveTenants(database, notifications, pool, onError);
    const live = createLiveConversations(database, notifications, onError);
    closers.push(() => {
      liveTenants.close();
      live.close();
    });

    const app = await createHttpApp({
      database,
      dataFolder: options.dataFolder,
      version: options.version,
      logger,
      ...(options.consoleFolder === null ? {} : { consoleFolder: options.consoleFolder }),
      ...(options.trustedProxies ? { trustedProxies: options.trustedProxies } : {}),
    });
    registerPoolMetrics(app.metrics, database);
    registerInstallationRoutes(app, {
      database,
      host,
      version: options.version,
      startedAt: new Date(),
      dataFolder: options.dataFolder,
      model: options.model,
      sampleOrganization: async () =>
        (await database.db.select().from(organizations).where(eq(organizations.sample, true)).limit(1)).length > 0,
    });
    registerConversationRoutes(app, {
      conversations: createConversationService(database),
      live,
      model: `${options.model.provider}/${options.model.model}`,
      organizationName: async (id) => {
        const [row] = await database.db.select().from(organizations).where(eq(organizations.id, id));
        return row?.name ?? '';
      },
    });
    registerTenantRoutes(app, {
      database,
      pool,
      live: liveTenants,
      host,
      scopeOf: (principal) => scopeOf(database.db, principal),
    });
    await app.fastify.listen({ port: options.port, host: options.bind });
    closers.push(() => app.fastify.close());

    const runner = startTurnRunner({
      database,
      notifications,
      pool,
      host,
      live,
      owner,
      modelFailureOf: options.modelFailureOf,
      concurrency: concurrentTurns,
      onError,
    });
    closers.push(() => runner.close());
    return { url: urlOf(app.fastify.server.address(), options.bind), firstAdmin, sample, pool, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** As a person would type it: `localhost` for this machine's own addresses. */
function urlOf(address: AddressInfo | string | null, bind: string): string {
  const port = typeof address === 'object' ? address?.port : address;
  const local = ['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost'].includes(bind);
  return `http://${local ? 'localhost' : bind.includes(':') ? `[${bind}]` : bind}:${port}`;
}
