import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Role, type Route, type RouteName, routes } from '@clawpool/contracts';
import { hashPassword } from 'better-auth/crypto';
import { createHttpApp, createLogger, type HttpApp, type HttpAppOptions } from '../http/app.ts';
import { registerRoutes } from '../http/register.ts';
import { insertUsers } from '../organization/account-store.ts';
import type { Database } from '../store/database.ts';
import { members, organizations } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';

/** What the people below sign in with. */
export const worldPassword = 'correct horse battery';

export interface HttpWorld {
  url: string;
  app: HttpApp;
  database: Database;
  /** Every line that was logged. */
  log: string[];
  /** Names of the routes without handlers of their own that were reached. */
  reached: string[];
  /** One request over the network, as a browser's page of ours sends it unless `headers` say otherwise. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  /** Signs in and returns the cookie. */
  signIn(email: string, password?: string): Promise<string>;
  close(): Promise<void>;
}

export interface SendOptions {
  cookie?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface HttpWorldOptions extends Partial<Omit<HttpAppOptions, 'database' | 'dataFolder' | 'logger'>> {
  /** Further handlers, before the remaining routes get one that only notes that it was reached. */
  register?: (app: HttpApp, database: Database) => Promise<void> | void;
}

/** E-mail of a person who has exactly this role, in every world. */
export const emailOf = (role: Role) => `${role}@world.example`;

/** A real server on a real database, with an organization of one person for each role. */
export async function startHttpWorld({ register, ...options }: HttpWorldOptions = {}): Promise<HttpWorld> {
  const database = await createTestDatabase();
  const dataFolder = await mkdtemp(join(tmpdir(), 'clawpool-http-'));
  await insertPeople(database);
  const log: string[] = [];
  const reached: string[] = [];
  const app = await createHttpApp({
    version: '0.0.0-test',
    ...options,
    database,
    dataFolder,
    logger: createLogger({ write: (line) => void log.push(line) }),
  });
  await register?.(app, database);
  for (const name of Object.keys(routes) as RouteName[])
    if (!app.registered.has(name)) noteWhenReached(app, name, reached);
  await app.fastify.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.fastify.server.address() as AddressInfo).port}`;

  const send: HttpWorld['send'] = (method, path, { cookie, body, headers } = {}) =>
    fetch(url + path, {
      method,
      redirect: 'manual',
      headers: {
        'sec-fetch-site': 'same-origin',
        ...(cookie === undefined ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

  return {
    ...{ url, app, database, log, reached, send },
    signIn: async (email, password = worldPassword) => {
      const response = await send('POST', '/api/v1/session', { body: { email, password } });
      if (response.status !== 200) throw new Error(`sign-in of ${email}: ${await response.text()}`);
      return cookieOf(response);
    },
    close: async () => {
      await app.fastify.close();
      await database.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** The `Cookie` header that answers a response's `Set-Cookie`. */
export function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}

function noteWhenReached(app: HttpApp, name: RouteName, reached: string[]): void {
  const route: Route = routes[name];
  const handler = (_request: unknown, stream?: { end(): void }) => {
    reached.push(name);
    stream?.end();
  };
  // Its answer would not have the route's shape, so the shape is left out.
  const { response: _, download: __, ...open } = route;
  registerRoutes(app, { [name]: open } as Record<string, Route>, { [name]: handler } as never);
}

async function insertPeople({ db }: Database): Promise<void> {
  const organizationId = 'world';
  const passwordHash = await hashPassword(worldPassword);
  await db.insert(organizations).values({ id: organizationId, name: 'World' });
  await db.transaction(async (tx) => {
    for (const role of ['operator', 'admin', 'manager', 'employee', 'auditor'] as const) {
      await insertUsers(tx, [
        { id: role, name: `The ${role}`, email: emailOf(role), passwordHash, mustChangePassword: false },
      ]);
      await tx.insert(members).values({ organizationId, userId: role, roles: [role] });
    }
  });
}
