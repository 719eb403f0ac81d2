import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type {
  BlobStore,
  CommandRules,
  Host,
  ModelChoice,
  ModelFailure,
  QuickAnswers,
  Status,
} from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { AgentMemory } from './agent-api/memory-tools.ts';
import { type ChannelPlatforms, createConversations } from './conversations/conversations.ts';
import { createDirectorySync } from './directory/directory-sync.ts';
import { createMemoryService } from './files/memory/memory-service.ts';
import { createProfileService } from './files/profile-service.ts';
import { openUploadSpool } from './files/upload-spool.ts';
import { createWorkspaceReader } from './files/workspace-reader.ts';
import { createWorkspaceService } from './files/workspace-service.ts';
import { createWorkspaceWriter } from './files/workspace-writer.ts';
import { createDecisionService } from './governance/approvals/decisions/decision-service.ts';
import { createGrantService } from './governance/approvals/grants/grant-service.ts';
import { startGrantUpkeep } from './governance/approvals/grants/grant-upkeep.ts';
import { onceGrantListener } from './governance/approvals/grants/once-grant.ts';
import { createAccessRequestService } from './governance/approvals/requests/access-request-service.ts';
import { createLayerService } from './governance/layers/layer-service.ts';
import { createLayerPreviewService } from './governance/layers/preview-service.ts';
import { createProposalService } from './governance/layers/proposal-service.ts';
import { createAgentSettingsService } from './governance/settings/agent-settings-service.ts';
import { createSkillService } from './governance/skills/skill-service.ts';
import { createRunningAgents } from './governance/tools/running-agents.ts';
import { createToolPolicyService } from './governance/tools/tool-policy-service.ts';
import { createHttpApp } from './http/app.ts';
import { registerChannelWebhooks } from './http/channel-webhooks.ts';
import { registerOpenAiRoutes } from './http/openai-routes.ts';
import { registerAgentSettingsRoutes } from './http/routes/agent-settings-routes.ts';
import { registerAgentsRoutes } from './http/routes/agents-routes.ts';
import { registerApprovalRoutes } from './http/routes/approval-routes.ts';
import { registerBackupRoutes } from './http/routes/backup-routes.ts';
import { registerChannelRoutes } from './http/routes/channel-routes.ts';
import { registerConfigTemplateRoutes } from './http/routes/config-template-routes.ts';
import { registerConversationRoutes } from './http/routes/conversation-routes.ts';
import { registerDashboardRoutes } from './http/routes/dashboard-routes.ts';
import { registerDirectoryRoutes } from './http/routes/directory-routes.ts';
import { registerFilesRoutes } from './http/routes/files-routes.ts';
import { registerGovernanceRoutes } from './http/routes/governance-routes.ts';
import { registerInstallationRoutes } from './http/routes/installation-routes.ts';
import { registerIntegrationRoutes } from './http/routes/integration-routes.ts';
import { registerLayerRoutes } from './http/routes/layer-routes.ts';
import { registerPoolRoutes } from './http/routes/pool-routes.ts';
import { registerPublicApiRoutes } from './http/routes/public-api-routes.ts';
import { registerRoutingRoutes } from './http/routes/routing-routes.ts';
import { registerScheduleRoutes } from './http/routes/schedule-routes.ts';
import { registerSessionMonitorRoutes } from './http/routes/session-monitor-routes.ts';
import { registerSkillRoutes } from './http/routes/skill-routes.ts';
import { registerTenantRoutes } from './http/routes/tenant-routes.ts';
import { registerTierRoutes } from './http/routes/tier-routes.ts';
import { registerTwinRoutes } from './http/routes/twin-routes.ts';
import { registerScimRoutes } from './http/scim-routes.ts';
import { readOrCreateSecret } from './http/secrets.ts';
import { createApiKeyService } from './integrations/api-key-service.ts';
import { createApiService } from './integrations/api-service.ts';
import { webhookListener } from './integrations/webhook-listener.ts';
import { createWebhookService } from './integrations/webhook-service.ts';
import { startWebhookWorker } from './integrations/webhook-worker.ts';
import { scopeOf } from './organization/department-store.ts';
import { prepareInstallation } from './organization/first-start-service.ts';
import type { Principal } from './organization/principal.ts';
import { createTierService } from './organization/tier-service.ts';
import { createAgentOverviews } from './pool/agent-overview.ts';
import { createBatchService } from './pool/batches/batch-service.ts';
import { createBackupService } from './pool/checkpoints/backup-service.ts';
import { createCheckpointService } from './pool/checkpoints/checkpoint-service.ts';
import { startHousekeeping } from './pool/checkpoints/housekeeping.ts';
import { createLiveTenants } from './pool/live-tenants.ts';
import { startLoadTests } from './pool/load-tests/load-test-service.ts';
import { registerPoolMetrics } from './pool/pool-metrics.ts';
import { createTemplateService } from './pool/templates/template-service.ts';
import { createTenantPool, type TenantPool } from './pool/tenant-service.ts';
import { tierChoicesOf } from './pool/tier-choices.ts';
import { startUpkeep } from './pool/upkeep/upkeep.ts';
import { startWarmSlots } from './pool/warm-slots/warm-slots.ts';
import type { Database } from './store/database.ts';
import { listenForNotifications } from './store/notifications.ts';
import { takeOwnership } from './store/ownership.ts';
import { organizations } from './store/schema/index.ts';
import { createSeal } from './store/seal.ts';
import { createTwinService } from './twins/twin-service.ts';

export interface ControlPlaneOptions {
  database: Database;
  dataFolder: string;
  /** The machines of the pool by name; the first one is described to people. */
  hosts: ReadonlyMap<string, Host>;
  /** Where checkpoints are. */
  blobs: BlobStore;
  /** Where the content of attachments is. */
  attachments: BlobStore;
  channels: ChannelPlatforms;
  /** Direct answers of the model, for tiers with a fast path; null: there are none. */
  quick: QuickAnswers | null;
  /** The active model, as shown to people, and what agents are told about it. */
  model: Status['model'];
  modelChoice: ModelChoice;
  /** The model gateway's: what is tried out is what is enforced. */
  commandRules: CommandRules;
  /** Why the last model call of a turn failed, when the model gateway knows. */
  modelFailureOf: (tenantId: string, turnId: string) => ModelFailure | null;
  version: string;
  port: number;
  /** Address to listen on; `127.0.0.1` keeps it on this machine. */
  bind: string;
  /** How people and platforms reach it; null: only as `url` says. */
  publicUrl: string | null;
  /** Outgoing webhooks may reach addresses of the own network; admins may connect directories and identity providers of this machine. */
  privateWebhooks: boolean;
  /** Turns of one tenant that run at once; the others wait. 4 unless given. */
  turnsPerTenant?: number | undefined;
  /** Days for which operations, batches and load tests are kept after their end. 30 unless given. */
  operationsKeptDays?: number | undefined;
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
  /** Where agents write down what they remember. */
  memory: AgentMemory;
  /** Refuses new work, gives running turns up to the next start, hibernates every tenant, closes every stream. */
  close(): Promise<void>;
}

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { database, hosts, blobs, logger } = options;
  const { db } = database;
  const onError = (error: unknown) => logger.error({ err: error }, 'background work failed');
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  /** What is started later is stopped earlier. */
  const closing = <T extends { close(): Promise<void> | void }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };
  try {
    const [host] = hosts.values();
    if (!host) throw new Error('a pool has at least one host');
    const { image: defaultImage, capacity } = await host.describe();
    const { firstAdmin, sample } = await prepareInstallation(db, { demo: options.demo, machine: capacity });
    const { owner } = closing(await takeOwnership(database.connection));
    const notifications = closing(await listenForNotifications(database.connection));

    const checkpoints = closing(createCheckpointService({ database, hosts, onError }));
    const model = options.modelChoice;
    const pool = closing(
      await createTenantPool({ database, hosts, model, checkpoints, notifications, owner, onError }),
    );
    const slots = closing(await startWarmSlots({ database, hosts, model, onError }));
    pool.useSlots(slots);
    const { operations } = pool;
    const secret = await readOrCreateSecret(join(options.dataFolder, 'secret.key'));
    const talk = closing(
      createConversations({
        ...{ database, notifications, pool, hosts, owner, onError },
        attachments: options.attachments,
        channels: options.channels,
        seal: createSeal(secret, 'channels'),
        publicUrl: options.publicUrl,
        quick: options.quick,
        modelFailureOf: options.modelFailureOf,
        listeners: [webhookListener, onceGrantListener],
        turnsPerTenant: options.turnsPerTenant,
      }),
    );
    const { live } = talk;
    const liveTenants = closing(createLiveTenants(database, notifications, pool, onError));
    const batches = closing(createBatchService({ database, notifications, operations, onError }));
    const loadTests = closing(startLoadTests({ database, operations, onError }));
    const { watchedConversations } = live;
    const { operationsKeptDays } = options;
    const upkeep = closing(
      startUpkeep({ database, hosts, pool, slots, watchedConversations, operationsKeptDays, onError }),
    );
    const housekeeping = closing(startHousekeeping({ database, blobs, checkpoints, onError }));
    const skills = createSkillService(database);
    const { provider, model: active, fallback } = options.model;
    const models = [`${provider}/${active}`, ...(fallback === null ? [] : [fallback])];
    const settings = createAgentSettingsService({ database, models, installation: model });

    const app = await createHttpApp({
      database,
      dataFolder: options.dataFolder,
      version: options.version,
      logger,
      ...(options.consoleFolder === null ? {} : { consoleFolder: options.consoleFolder }),
      ...(options.trustedProxies ? { trustedProxies: options.trustedProxies } : {}),
      ...(options.publicUrl === null ? {} : { publicUrl: options.publicUrl }),
      allowThisMachine: options.privateWebhooks,
    });
    registerPoolMetrics(app.metrics, database, slots);
    registerInstallationRoutes(app, {
      database,
      host,
      version: options.version,
      startedAt: new Date(),
      dataFolder: options.dataFolder,
      model: options.model,
      sampleOrganization: async () =>
        (await db.select().from(organizations).where(eq(organizations.sample, true)).limit(1)).length > 0,
    });
    registerConversationRoutes(app, {
      conversations: talk.service,
      history: talk.history,
      attachments: talk.attachments,
      live,
      modelOf: (tenant) => settings.modelOf(tenant),
      organizationName: async (id) => {
        const [row] = await db.select().from(organizations).where(eq(organizations.id, id));
        return row?.name ?? '';
      },
    });
    registerSessionMonitorRoutes(app, talk);
    registerChannelRoutes(app, talk);
    registerChannelWebhooks(app, { accounts: talk.openAccounts, inbox: talk.inbox });
    registerRoutingRoutes(app, talk.routing);
    registerScheduleRoutes(app, talk);
    const seal = createSeal(secret, 'webhooks');
    const allowPrivateAddresses = options.privateWebhooks;
    registerIntegrationRoutes(app, {
      keys: createApiKeyService(database),
      webhooks: createWebhookService({ database, seal, allowPrivateAddresses }),
    });
    const api = createApiService({ database, live, attachments: talk.attachments, schedules: talk.schedules });
    registerPublicApiRoutes(app, api);
    registerOpenAiRoutes(app, { api });
    registerTwinRoutes(app, {
      twins: createTwinService({ database, live }),
      ...(options.publicUrl === null ? {} : { publicUrl: options.publicUrl }),
    });
    registerTenantRoutes(app, {
      database,
      pool,
      live: liveTenants,
      batches,
      scopeOf: (principal) => scopeOf(db, principal),
    });
    registerAgentsRoutes(app, createAgentOverviews(db, model));
    registerDashboardRoutes(app, database, { hasModel: options.model.provider !== 'demo' });
    registerConfigTemplateRoutes(app, createTemplateService(db));
    registerBackupRoutes(app, { backups: createBackupService({ database, blobs }), housekeeping });
    registerPoolRoutes(app, { database, hosts, slots, upkeep, loadTests });
    registerSkillRoutes(app, skills);
    const directory = closing(
      createDirectorySync({ database, secret, owner, onError, allowThisMachine: options.privateWebhooks }),
    );
    registerDirectoryRoutes(app, directory);
    registerScimRoutes(app, {
      ...{ database, users: directory.users, groups: directory.groups },
      ...(options.publicUrl === null ? {} : { publicUrl: options.publicUrl }),
    });
    const { configuredRevision } = pool;
    registerGovernanceRoutes(app, {
      policy: createToolPolicyService(database, options.commandRules),
      agents: createRunningAgents({ database, hosts, configuredRevision, model, onError }),
    });
    registerApprovalRoutes(app, {
      requests: createAccessRequestService(database),
      decisions: createDecisionService(database),
      grants: createGrantService(database),
    });
    const reader = createWorkspaceReader({ hosts, blobs });
    const writer = createWorkspaceWriter({ database, hosts, checkpoints });
    const memory = createMemoryService({ database, reader, writer, defaultImage, installation: model });
    registerLayerRoutes(app, {
      layers: createLayerService(database),
      proposals: createProposalService(database),
      preview: createLayerPreviewService({ ...{ database, defaultImage, memory }, installation: model }),
    });
    registerAgentSettingsRoutes(app, settings);
    const modelsOf = async (principal: Principal) => (await settings.list(principal)).models;
    const choicesFor = async (principal: Principal) =>
      tierChoicesOf(hosts, { models: await modelsOf(principal), model: model.id });
    registerTierRoutes(app, database, createTierService({ database, choicesFor }));
    const spool = await openUploadSpool(join(options.dataFolder, 'uploads'));
    registerFilesRoutes(app, {
      workspaces: createWorkspaceService({ database, blobs, reader, writer, spool, memory }),
      profiles: createProfileService(database),
    });
    await app.fastify.listen({ port: options.port, host: options.bind });
    closers.push(() => app.fastify.close());

    pool.start();
    talk.start();
    directory.start();
    closing(startGrantUpkeep({ database, onError }));
    closing(startWebhookWorker({ database, notifications, seal, owner, allowPrivateAddresses, onError }));
    const url = urlOf(app.fastify.server.address(), options.bind);
    return { url, firstAdmin, sample, pool, memory, close };
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
