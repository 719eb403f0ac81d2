import { ClawpoolError, type Route, type RouteName } from '@clawpool/contracts';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Principal } from '../organization/principal.ts';
import type { HttpApp } from './app.ts';
import type { SignedIn } from './authentication.ts';
import { type Download, sendDownload } from './download.ts';
import { invalidRequest } from './errors.ts';
import { type EventStream, openEventStream } from './sse.ts';
import { acceptUploads, openUpload, refuseOtherMedia } from './upload.ts';

export interface RouteRequest<R extends Route> {
  params: Parsed<R['params']>;
  query: Parsed<R['query']>;
  body: Parsed<R['body']>;
  /** The file that is sent, as it arrives; see `openUpload`. */
  upload: R['upload'] extends string ? AsyncIterable<Uint8Array> : undefined;
  /** Null on public routes: whoever asks has not been looked at. */
  principal: R['access'] extends 'public' ? null : Principal;
  requestId: string;
  log: FastifyBaseLogger;
  /** Aborted when the client is gone before it has the answer. */
  signal: AbortSignal;
  /** For what the route table does not know: addresses, cookies. */
  raw: FastifyRequest;
  reply: FastifyReply;
}

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export type Handler<R extends Route> = R['events'] extends z.ZodType
  ? (request: RouteRequest<R>, stream: EventStream<z.input<R['events']>>) => Promise<void> | void
  : R['download'] extends string
    ? (request: RouteRequest<R>) => Promise<Download> | Download
    : R['response'] extends z.ZodType
      ? (request: RouteRequest<R>) => Promise<z.input<R['response']>> | z.input<R['response']>
      : (request: RouteRequest<R>) => Promise<void> | void;

export type Handlers<R extends Record<string, Route>> = { [N in keyof R]: Handler<R[N]> };

/** Where the route table's paths begin. */
export const apiPrefix = '/api/v1';

/**
 * Puts routes of the table on the air. Everything the table says is enforced here, before a handler sees the request: who may
 * call it, that a new password comes first, that no foreign page causes a change, and the shapes that go in and out.
 */
export function registerRoutes<const R extends Partial<Record<RouteName, Route>>>(
  app: HttpApp,
  routes: R,
  handlers: Handlers<{ [N in keyof R]: R[N] & Route }>,
): void {
  for (const [name, route] of Object.entries(routes) as [keyof R & RouteName, Route][]) {
    app.registered.add(name);
    register(app, route, handlers[name] as unknown as UntypedHandler);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    signedIn: SignedIn | null;
  }
}

type UntypedHandler = (request: RouteRequest<Route>, stream?: EventStream<never>) => unknown;

function register(app: HttpApp, route: Route, handler: UntypedHandler): void {
  if (route.upload) acceptUploads(app.fastify, route.upload);
  app.fastify.route({
    method: route.method,
    url: apiPrefix + route.path,
    // Before the body is read: a stranger's body is not worth parsing.
    onRequest: async (request, reply) => {
      app.authentication.refuseForeignOrigin(request);
      if (route.access !== 'public') await signIn(app, route, request, reply);
      if (route.upload) refuseOtherMedia(request, route.upload);
    },
    handler: async (raw, reply) => {
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const request: RouteRequest<Route> = {
        params: parse(route, 'params', raw.params),
        query: parse(route, 'query', raw.query),
        body: parse(route, 'body', raw.body),
        upload: route.upload ? openUpload(raw, reply) : undefined,
        principal: raw.signedIn?.principal ?? null,
        requestId: raw.id,
        log: raw.log,
        signal: gone.signal,
        raw,
        reply,
      } as RouteRequest<Route>;
      if (route.events) return answerWithEvents(app, route, request, handler);
      const answer = await handler(request);
      return route.download
        ? sendDownload(reply, route.download, answer as Download)
        : answerOnce(route, reply, answer);
    },
  });
}

/** Who sends it, who may, and that a new password and a second factor come first. */
async function signIn(app: HttpApp, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const signedIn = await app.authentication.requirePrincipal(request, reply);
  request.signedIn = signedIn;
  refuseUnlessAllowed(route, signedIn.principal);
  if (signedIn.mustChangePassword && !route.beforePasswordChange) {
    throw new ClawpoolError(
      'password_change_required',
      'Choose a new password first.',
      'The one you have was generated and is good for one thing only: setting your own.',
    );
  }
  if (signedIn.mustSetUpSecondFactor && !route.beforePasswordChange) {
    throw new ClawpoolError(
      'second_factor_setup_required',
      'Set up a second factor first.',
      'Your organization asks for one. Open the console with an authenticator app at hand.',
    );
  }
}

/** Who sent a request of a route that is not public. */
export function signedInOf(request: FastifyRequest): SignedIn {
  if (!request.signedIn) throw new Error('a public route has nobody signed in');
  return request.signedIn;
}

function refuseUnlessAllowed({ access }: Route, { apiKey, roles }: Principal): void {
  if (access === 'api-key' && !apiKey) {
    throw new ClawpoolError(
      'not_allowed',
      'This address is for programs: it needs an API key.',
      'Send one as Authorization: Bearer cpk_…. Admins make them in the console.',
    );
  }
  if (access !== 'api-key' && apiKey) {
    throw new ClawpoolError(
      'not_allowed',
      'An API key is good for the public API and nothing else.',
      'What it can call is listed under “Public API” at /api/docs.',
    );
  }
  if (typeof access === 'string' || access.some((role) => roles.includes(role))) return;
  throw new ClawpoolError(
    'not_allowed',
    `This needs the role ${access.join(' or ')}.`,
    'Ask an admin of your organization if you should have it.',
  );
}

function parse(route: Route, part: 'params' | 'query' | 'body', value: unknown): unknown {
  const result = route[part]?.safeParse(value ?? {});
  if (result?.error) throw invalidRequest(part, result.error);
  return result?.data;
}

/** What the shape does not name is left out: a handler cannot give away a field by accident. */
function answerOnce({ status = 200, response }: Route, reply: FastifyReply, answer: unknown): FastifyReply {
  reply.code(status);
  return response ? reply.send(response.parse(answer)) : reply.send();
}

async function answerWithEvents(
  app: HttpApp,
  { access, events: shape }: Route,
  { raw, reply, log, ...request }: RouteRequest<Route>,
  handler: UntypedHandler,
): Promise<unknown> {
  const stream = openEventStream({
    reply,
    encode: (event) => shape?.parse(event),
    // Whoever listens to a public route has no sign-in that could end; its use case ends the stream.
    mayContinue: access === 'public' ? async () => true : () => app.authentication.isStillSignedIn(raw),
    onError: (error) => log.error({ err: error }, 'event does not have the route’s shape'),
    heartbeatMs: app.heartbeatMs,
  });
  app.openStreams.add(stream);
  stream.signal.addEventListener('abort', () => app.openStreams.delete(stream));
  try {
    await handler({ raw, reply, log, ...request }, stream);
  } catch (error) {
    if (!stream.started) {
      stream.abandon();
      throw error;
    }
    log.error({ err: error }, 'event stream failed');
    stream.end();
  }
  if (!stream.signal.aborted) await new Promise((resolve) => stream.signal.addEventListener('abort', resolve));
  return reply;
}
