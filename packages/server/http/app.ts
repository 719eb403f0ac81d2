import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { routes as allRoutes, type Route } from '@clawpool/contracts';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import { type Logger, pino } from 'pino';
import type { Registry } from 'prom-client';
import { createIdentity } from '../identity/identity.ts';
import type { Database } from '../store/database.ts';
import { type Authentication, createAuthentication } from './authentication.ts';
import { isConsolePage, serveConsole } from './console-files.ts';
import { errorResponse, notFound, toClawpoolError } from './errors.ts';
import { createMetrics, registerMonitoring } from './monitoring.ts';
import { openApiDocument } from './openapi.ts';
import { registerAuditRoutes } from './routes/audit-routes.ts';
import { registerIdentityRoutes } from './routes/identity-routes.ts';
import { registerOrganizationRoutes } from './routes/organization-routes.ts';
import { registerSessionRoutes } from './routes/session-routes.ts';
import { readOrCreateSecret } from './secrets.ts';
import { createSignIn } from './sign-in.ts';
import { endWhenSlow } from './slow-bodies.ts';
import type { OpenEventStream } from './sse.ts';

export interface HttpAppOptions {
  database: Database;
  /** Where `secret.key` and `operator.token` are, or will be. */
  dataFolder: string;
  version: string;
  /** See `createLogger`; `false`: none. */
  logger: Logger | false;
  /** The built console. Absent, or without an `index.html`: a page that says so. */
  consoleFolder?: string;
  /** Addresses or networks whose `X-Forwarded-*` headers are believed. None unless given. */
  trustedProxies?: string[];
  /** Where it answers for the world; absent: as whoever asks has addressed it. */
  publicUrl?: string;
  /** Whether not only operators connect identity providers on this machine. */
  allowThisMachine?: boolean;
  /** Milliseconds between an event stream's heartbeats; 15 000 unless given. */
  heartbeatMs?: number;
  /** How many requests one API key may make in a minute; 60 unless given. */
  keyRequestsPerMinute?: number;
}

export interface HttpApp {
  /** `listen` fails while a route of the contracts has no handler. */
  fastify: FastifyInstance;
  authentication: Authentication;
  metrics: Registry;
  /** From now on `/readyz` tells load balancers to go elsewhere; everything else still works. */
  drain(): void;
  /** Names of the routes that have a handler. */
  registered: Set<string>;
  openStreams: Set<OpenEventStream>;
  heartbeatMs: number | undefined;
}

/** No page of ours needs more: scripts and connections only from here, and no picture that could carry data elsewhere. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  // Interface libraries place elements with style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** A log of one JSON line per request, without whatever signs people in. */
export function createLogger(destination?: { write(line: string): void }): Logger {
  const secrets = ['password', 'currentPassword', 'newPassword', 'token', 'authorization', 'cookie', '["set-cookie"]'];
  const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`].map((path) => path.replace('.[', '[')));
  const options = { redact: { paths, censor: '[redacted]' }, timestamp: pino.stdTimeFunctions.isoTime };
  return destination ? pino(options, destination) : pino(options);
}

/**
 * The HTTP side of the control plane: everything that is the same for all routes, the routes of session, organization and audit,
 * monitoring, documentation and the console. Further routes are added with `registerRoutes` before `fastify.listen`.
 */
export async function createHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const { database, dataFolder, version, logger } = options;
  const fastify = createFastify(logger, options.trustedProxies);
  const openStreams = new Set<OpenEventStream>();
  const metrics = createMetrics(openStreams, database);
  let draining = false;
  const app: HttpApp = {
    fastify,
    authentication: await createAuthentication({
      db: database.db,
      dataFolder,
      keyRequestsPerMinute: options.keyRequestsPerMinute,
    }),
    metrics: metrics.registry,
    drain: () => {
      draining = true;
    },
    registered: new Set(),
    openStreams,
    heartbeatMs: options.heartbeatMs,
  };

  fastify.decorateRequest('signedIn', null);
  fastify.addHook('onRequest', async (request, reply) => {
    reply.headers({ ...securityHeaders, 'x-request-id': request.id });
    if (request.protocol === 'https') reply.header('strict-transport-security', 'max-age=31536000');
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
  fastify.addHook('onRequest', async ({ raw }) => endWhenSlow(raw));
  fastify.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const [path] = request.url.split('?', 1);
    const { statusCode: status, elapsedTime } = reply;
    request.log.info(
      { method: request.method, path, status, ms: Math.round(elapsedTime), userId: request.signedIn?.principal.userId },
      'request',
    );
    if (!reply.getHeader('content-type')?.toString().startsWith('text/event-stream')) {
      metrics.observe(request.method, route, status, elapsedTime / 1000);
    }
  });
  fastify.addHook('preClose', async () => {
    draining = true;
    for (const stream of [...openStreams]) stream.end();
  });
  fastify.addHook('onReady', async () => {
    const missing = Object.keys(allRoutes).filter((name) => !app.registered.has(name));
    if (missing.length > 0) throw new Error(`routes without a handler: ${missing.join(', ')}`);
  });

  const sendConsole = await serveConsole(fastify, options.consoleFolder);
  fastify.setNotFoundHandler((request, reply) => {
    if (isConsolePage(request)) return sendConsole(reply);
    throw notFound('such address');
  });
  await serveDocumentation(fastify, openApiDocument({ version, routes: allRoutes as Record<string, Route> }));
  registerMonitoring(app, database, () => draining);
  const { db } = database;
  const secret = await readOrCreateSecret(join(dataFolder, 'secret.key'));
  const identity = createIdentity({ db, secret, allowThisMachine: options.allowThisMachine ?? false });
  const signIn = createSignIn(db, app.authentication, identity);
  registerSessionRoutes(app, db, signIn);
  registerIdentityRoutes(app, { db, identity, signIn, publicUrl: options.publicUrl });
  registerOrganizationRoutes(app, database);
  registerAuditRoutes(app, database.db);
  return app;
}

function createFastify(logger: Logger | false, trustedProxies: string[] | undefined): FastifyInstance {
  const fastify = Fastify({
    ...(logger ? { loggerInstance: logger } : {}),
    trustProxy: trustedProxies ?? false,
    // A message has at most 32 000 characters; a mebibyte holds it in any encoding.
    bodyLimit: 1024 * 1024,
    genReqId: () => randomUUID(),
    logController: new LogController({ requestIdLogLabel: 'requestId', disableRequestLogging: true }),
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    frameworkErrors: (error, request, reply) => sendError(error, request as FastifyRequest, reply as FastifyReply),
  });
  // JSON only: a form of a foreign page cannot send it.
  fastify.removeContentTypeParser('text/plain');
  fastify.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  return fastify as unknown as FastifyInstance;
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toClawpoolError(error);
  // A download that failed before its first byte.
  reply.removeHeader('content-disposition');
  if (known.status === 429) reply.header('retry-after', known.retryAfterSeconds);
  if (known.status >= 500) request.log.error({ err: error }, known.message);
  return reply.code(known.status).type('application/json').send(errorResponse(known, request.id));
}

/** `/api/openapi.json` for programs, `/api/docs` for people. All of it comes from here: it works without the internet. */
async function serveDocumentation(
  fastify: FastifyInstance,
  document: ReturnType<typeof openApiDocument>,
): Promise<void> {
  await fastify.register(swagger, { mode: 'static', specification: { document: document as never } });
  await fastify.register(swaggerUi, {
    routePrefix: '/api/docs',
    uiConfig: { deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0, url: '/api/openapi.json' },
    // The bar on top is the tool's own advertisement and a field that explores other people's APIs.
    theme: {
      title: 'Clawpool API',
      css: [{ filename: 'clawpool.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  });
  fastify.get('/api/openapi.json', () => document);
}
