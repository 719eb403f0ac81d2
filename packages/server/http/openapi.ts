import { errorBody, errorStatus, type Route } from '@clawpool/contracts';
import { z } from 'zod';
import { apiPrefix } from './register.ts';

type Json = Record<string, unknown>;

export interface OpenApiOptions {
  version: string;
  routes: Readonly<Record<string, Route>>;
}

/**
 * The API as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html), written from the route table: the same schemas that validate
 * requests describe them. OpenAPI 3.1's schemas are JSON Schema 2020-12, which zod writes itself.
 */
export function openApiDocument({ version, routes }: OpenApiOptions): Json {
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes)) {
    const path = apiPrefix + route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Clawpool',
      version,
      summary: 'Gives every employee of an organisation their own isolated OpenClaw agent',
      description: 'Errors always have the shape of `Error`. Their codes are stable; `hint` says what to do next.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(routes).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'clawpool.session_token',
          description: 'Set by signing in. Requests that change something must come from a page of this Clawpool.',
        },
        operatorToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'The content of `operator.token` in the data folder, for programs on the same machine.',
        },
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key, `cpk_…`, which an admin makes in the console. At most 60 requests a minute.',
        },
      },
      schemas: { Error: jsonSchema(errorBody, 'output') },
      responses: Object.fromEntries(
        Object.entries(errorsByStatus()).map(([status, codes]) => [`Error${status}`, errorResponse(codes)]),
      ),
    },
  };
}

function operation(name: string, route: Route): Json {
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  return {
    operationId: name,
    tags: [route.tag],
    summary: route.summary,
    ...(Array.isArray(route.access) ? { description: `Roles: ${route.access.join(', ')}.` } : {}),
    security: securityOf(route),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBody(route),
    responses: {
      [route.status ?? 200]: success(route),
      ...Object.fromEntries(
        errorStatusesOf(route).map((status) => [status, { $ref: `#/components/responses/Error${status}` }]),
      ),
    },
  };
}

function securityOf({ access }: Route): Json[] {
  if (access === 'public') return [];
  return access === 'api-key' ? [{ apiKey: [] }] : [{ session: [] }, { operatorToken: [] }];
}

function requestBody({ body, upload }: Route): Json {
  if (upload) return { requestBody: { required: true, content: { [upload]: {} } } };
  if (!body) return {};
  return { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } } };
}

/** A file has its media type and no schema (https://spec.openapis.org/oas/v3.1.1.html#considerations-for-file-uploads). */
function success({ response, events, download, status }: Route): Json {
  if (status === 302) return { description: 'Go on at the address in the `location` header.' };
  if (events) {
    return {
      description:
        'Server-Sent Events without an end: each `data:` line is one JSON value of this shape; lines that begin with `:` keep the connection alive.',
      content: { 'text/event-stream': { schema: jsonSchema(events, 'output') } },
    };
  }
  if (download) return { description: 'One file.', content: { [download]: {} } };
  if (!response) return { description: 'Done; no body.' };
  return { description: 'Done.', content: { 'application/json': { schema: jsonSchema(response, 'output') } } };
}

/** Which errors a route can answer with, besides those of what it does. */
function errorStatusesOf(route: Route): number[] {
  const statuses = [429, 500, 503, 507];
  if (route.params || route.query || route.body || route.upload) statuses.push(400);
  if (route.params) statuses.push(404);
  if (route.body) statuses.push(413, 422);
  if (route.upload) statuses.push(413);
  if (route.method !== 'GET') statuses.push(403, 409);
  if (route.access !== 'public') statuses.push(401, 403);
  if (route.method === 'POST' && route.path === '/session') statuses.push(401);
  return [...new Set(statuses)].sort((a, b) => a - b);
}

function errorsByStatus(): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const [code, status] of Object.entries(errorStatus)) result[status] = [...(result[status] ?? []), code];
  return result;
}

const errorResponse = (codes: readonly string[]): Json => ({
  description: codes.map((code) => `\`${code}\``).join(', '),
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
});

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, unrepresentable: 'any' });
  return rest;
}
