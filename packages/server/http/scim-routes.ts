import { ClawpoolError } from '@clawpool/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { resourceTypes, schemas, serviceProviderConfig } from '../directory/scim/scim-descriptions.ts';
import { ScimFailure, scimErrorBody, toScimFailure } from '../directory/scim/scim-failure.ts';
import { groupResource, type ScimGroupService } from '../directory/scim/scim-group-service.ts';
import { listResponse, readScimQuery, shaped } from '../directory/scim/scim-query.ts';
import { tokenInHeader } from '../directory/scim/scim-token.ts';
import { type ScimCaller, scimCallerOf } from '../directory/scim/scim-token-service.ts';
import { userResource } from '../directory/scim/scim-user.ts';
import type { ScimUserService } from '../directory/scim/scim-user-service.ts';
import { countRequest } from '../integrations/request-limit.ts';
import type { Database } from '../store/database.ts';
import type { HttpApp } from './app.ts';
import { toClawpoolError } from './errors.ts';

export interface ScimRoutesOptions {
  database: Database;
  users: ScimUserService;
  groups: ScimGroupService;
  /** How clients reach it, without a slash at its end; absent: as they say they did. */
  publicUrl?: string;
}

const prefix = '/scim/v2';

/** Entra ID wants to send 25 requests a second (https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups). */
const requestsPerMinute = 1_500;

/**
 * SCIM 2.0 (RFC 7643, RFC 7644), for directories that bring people by themselves. Not in the table of routes: its shapes and its errors are
 * the specification's, and whoever calls it is a directory with a token of its own.
 */
export function registerScimRoutes(app: HttpApp, options: ScimRoutesOptions): void {
  app.fastify.register(async (scope) => addRoutes(scope as unknown as FastifyInstance, options), { prefix });
}

declare module 'fastify' {
  interface FastifyRequest {
    scimCaller: ScimCaller | null;
  }
}

type ById = { Params: { id: string } };

function addRoutes(scope: FastifyInstance, options: ScimRoutesOptions): void {
  const { users, groups, database } = options;
  const base = (request: FastifyRequest) => `${options.publicUrl ?? `${request.protocol}://${request.host}`}${prefix}`;
  scope.addContentTypeParser(
    'application/scim+json',
    { parseAs: 'string' },
    scope.getDefaultJsonParser('error', 'ignore'),
  );
  scope.decorateRequest('scimCaller', null);
  scope.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  scope.setNotFoundHandler(() => {
    throw new ScimFailure(404, 'There is no such address. /scim/v2/ResourceTypes tells what there is.');
  });
  // Before the body is read: a stranger's body is not worth parsing.
  scope.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store' });
    request.scimCaller = await requireCaller(database, request);
  });

  scope.get('/ServiceProviderConfig', (request, reply) => send(reply, 200, serviceProviderConfig(base(request))));
  scope.get('/ResourceTypes', (request, reply) => sendAll(reply, resourceTypes(base(request))));
  scope.get<ById>('/ResourceTypes/:id', (request, reply) => sendOne(request, reply, resourceTypes(base(request))));
  scope.get('/Schemas', (request, reply) => sendAll(reply, schemas(base(request))));
  scope.get<ById>('/Schemas/:id', (request, reply) => sendOne(request, reply, schemas(base(request))));

  scope.get('/Users', async (request, reply) => {
    const query = readScimQuery(request.query);
    const { people, total } = await users.list(callerOf(request), query);
    const resources = people.map((person) => shaped(userResource(person, base(request)), query.shape));
    return send(reply, 200, listResponse(resources, { total, startIndex: query.startIndex }));
  });
  scope.get<ById>('/Users/:id', async (request, reply) => {
    const person = await users.get(callerOf(request), request.params.id);
    return send(reply, 200, shaped(userResource(person, base(request)), readScimQuery(request.query).shape));
  });
  scope.post('/Users', async (request, reply) => {
    const resource = userResource(await users.create(callerOf(request), request.body), base(request));
    return send(reply.header('location', resource.meta.location), 201, resource);
  });
  scope.put<ById>('/Users/:id', async (request, reply) => {
    const person = await users.replace(callerOf(request), request.params.id, request.body);
    return send(reply, 200, userResource(person, base(request)));
  });
  scope.patch<ById>('/Users/:id', async (request, reply) => {
    const person = await users.patch(callerOf(request), request.params.id, request.body);
    return send(reply, 200, userResource(person, base(request)));
  });
  scope.delete<ById>('/Users/:id', async (request, reply) => {
    await users.remove(callerOf(request), request.params.id);
    return reply.code(204).send();
  });

  scope.get('/Groups', async (request, reply) => {
    const query = readScimQuery(request.query);
    const { groups: found, total } = await groups.list(callerOf(request), query);
    const resources = found.map((group) => shaped(groupResource(group, base(request)), query.shape));
    return send(reply, 200, listResponse(resources, { total, startIndex: query.startIndex }));
  });
  scope.get<ById>('/Groups/:id', async (request, reply) => {
    const group = await groups.get(callerOf(request), request.params.id);
    return send(reply, 200, shaped(groupResource(group, base(request)), readScimQuery(request.query).shape));
  });
  scope.post('/Groups', async (request, reply) => {
    const resource = groupResource(await groups.create(callerOf(request), request.body), base(request));
    return send(reply.header('location', resource.meta.location), 201, resource);
  });
  scope.put<ById>('/Groups/:id', async (request, reply) => {
    const group = await groups.replace(callerOf(request), request.params.id, request.body);
    return send(reply, 200, groupResource(group, base(request)));
  });
  // Without a body, as Entra expects it: a group of thousands is not sent back for one member.
  scope.patch<ById>('/Groups/:id', async (request, reply) => {
    await groups.patch(callerOf(request), request.params.id, request.body);
    return reply.code(204).send();
  });
  scope.delete<ById>('/Groups/:id', async (request, reply) => {
    await groups.remove(callerOf(request), request.params.id);
    return reply.code(204).send();
  });

  const missing = (what: string) => () => {
    throw new ScimFailure(501, `${what} is not supported; /scim/v2/ServiceProviderConfig says so.`);
  };
  scope.post('/Bulk', missing('Bulk'));
  scope.all('/Me', missing('/Me'));
}

async function requireCaller({ db }: Database, { headers }: FastifyRequest): Promise<ScimCaller> {
  const token = tokenInHeader(headers.authorization);
  const caller = token === null ? null : await scimCallerOf(db, token);
  if (!caller)
    throw new ScimFailure(401, 'The token is not valid. An admin makes one in the console, under “Directory sync”.');
  await countRequest(db, {
    key: `scim token ${caller.tokenId}`,
    perMinute: requestsPerMinute,
    message: `This token has made more than ${requestsPerMinute} requests within a minute.`,
  });
  return caller;
}

function callerOf({ scimCaller }: FastifyRequest): ScimCaller {
  if (!scimCaller) throw new Error('a request got past the door without a token');
  return scimCaller;
}

const send = (reply: FastifyReply, status: number, body: object) =>
  reply.code(status).type('application/scim+json; charset=utf-8').send(JSON.stringify(body));

const sendAll = (reply: FastifyReply, all: readonly object[]) =>
  send(reply, 200, listResponse(all, { total: all.length, startIndex: 1 }));

function sendOne(request: FastifyRequest<ById>, reply: FastifyReply, all: readonly { id: string }[]): FastifyReply {
  const found = all.find(({ id }) => id.toLowerCase() === request.params.id.toLowerCase());
  if (!found) throw new ScimFailure(404, `There is no “${request.params.id}”.`);
  return send(reply, 200, found);
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = failureOf(error);
  if (error instanceof ClawpoolError && error.status === 429) reply.header('retry-after', error.retryAfterSeconds);
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer realm="scim"');
  if (failure.status >= 500) request.log.error({ err: error }, failure.message);
  return send(reply, failure.status, scimErrorBody(failure));
}

function failureOf(error: unknown): ScimFailure {
  const known = toScimFailure(error);
  if (known instanceof ScimFailure) return known;
  const { status, message, code } = toClawpoolError(error);
  return new ScimFailure(status, message, code === 'invalid_request' ? 'invalidSyntax' : undefined);
}
