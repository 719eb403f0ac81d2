import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlobFolder } from '@clawpool/checkpoints';
import { hashPassword } from 'better-auth/crypto';
import { startControlPlane } from '../control-plane.ts';
import { insertUsers } from '../organization/account-store.ts';
import type { Database, Drizzle } from '../store/database.ts';
import {
  accessRequests,
  channelAccounts,
  channelBindings,
  checkpoints,
  configTemplates,
  conversations,
  departments,
  employees,
  grants,
  layerProposals,
  layers,
  layerVersions,
  members,
  messages,
  operations,
  organizations,
  personNotifications,
  positions,
  schedules,
  skills,
  tenants,
  tiers,
  turns,
  users,
} from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { cookieOf } from './http-world.ts';
import { createScriptedHost } from './scripted-host.ts';

/**
 * Where a thing is, seen from `mia`, who manages the department `inside`, and from `ida`, an employee in it: `outside` is the department
 * beside it, `rival` another organization.
 */
export type Side = 'inside' | 'outside' | 'rival';

/** Who asks: a manager and an employee of the inside, and an admin, an auditor and an operator of their organization. */
export type Asker = 'mia' | 'ida' | 'ada' | 'udo' | 'ole';

export interface SidedWorld {
  database: Database;
  send(asker: Asker, method: string, path: string, body?: unknown): Promise<{ status: number; text: string }>;
  close(): Promise<void>;
}

/** What a parameter's value is called on a side. A name of every thing is in it: an answer that has it tells of that side. */
export const nameOn = (side: Side, thing: string): string => `${side}-${thing}`;

const password = 'correct horse battery';

/** The whole control plane with a scripted host, and on every side one of each thing that has an id. */
export async function startSidedWorld(): Promise<SidedWorld> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-sides-'));
  await insertSides(database.db);
  const plane = await startControlPlane({
    ...{ database, dataFolder: folder, hosts: new Map([['local', createScriptedHost()]]) },
    blobs: await openBlobFolder(join(folder, 'blobs')),
    attachments: await openBlobFolder(join(folder, 'attachments')),
    channels: { drivers: new Map(), splitText: (text: string) => [text] },
    quick: null,
    model: { provider: 'demo', model: 'demo', fallback: null },
    modelChoice: { id: 'demo', contextWindow: 100_000, maxOutputTokens: 4_096 },
    modelFailureOf: () => null,
    ...{ version: '0.0.0-test', port: 0, bind: '127.0.0.1', publicUrl: null, privateWebhooks: false },
    ...{ consoleFolder: null, demo: false, logger: silent },
    commandRules: { problemWith: () => null, refusalOf: () => null },
  } as never);
  const cookies = new Map<string, string>();

  async function cookieFor(asker: Asker): Promise<string> {
    const known = cookies.get(asker);
    if (known) return known;
    const response = await fetch(`${plane.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ email: `${asker}@sides.example`, password }),
    });
    if (response.status !== 200) throw new Error(await response.text());
    const cookie = cookieOf(response);
    cookies.set(asker, cookie);
    return cookie;
  }

  return {
    database,
    send: async (asker, method, path, body) => {
      const gone = new AbortController();
      const response = await fetch(`${plane.url}/api/v1${path}`, {
        method,
        redirect: 'manual',
        signal: gone.signal,
        headers: {
          'sec-fetch-site': 'same-origin',
          cookie: await cookieFor(asker),
          ...(body === undefined
            ? {}
            : { 'content-type': body instanceof Uint8Array ? 'application/octet-stream' : 'application/json' }),
        },
        ...(body === undefined ? {} : { body: body instanceof Uint8Array ? body : JSON.stringify(body) }),
      });
      const { status } = response;
      // A stream of events goes on for as long as somebody listens; that it began is all there is to know.
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
      const text = isStream ? '' : await response.text();
      gone.abort();
      return { status, text };
    },
    close: async () => {
      await plane.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function insertSides(db: Drizzle): Promise<void> {
  const passwordHash = await hashPassword(password);
  for (const id of ['sides', 'rivals']) {
    await db.insert(organizations).values({ id, name: id === 'rivals' ? 'rival-organization' : 'Sides' });
  }
  await db.insert(departments).values({ organizationId: 'sides', id: 'top', name: 'Top', parentId: null });
  await insertSide(db, 'sides', 'inside', 'top');
  await insertSide(db, 'sides', 'outside', 'top');
  await insertSide(db, 'rivals', 'rival', null);
  const people = [
    { id: 'mia', department: 'inside-department', roles: ['manager', 'employee'], permissions: [] },
    { id: 'ida', department: 'inside-department', roles: ['employee'], permissions: [] },
    { id: 'ada', department: 'top', roles: ['admin', 'employee'], permissions: ['policy' as const] },
    { id: 'udo', department: 'top', roles: ['auditor', 'employee'], permissions: [] },
    { id: 'ole', department: 'top', roles: ['operator', 'employee'], permissions: [] },
  ];
  for (const { id, department, roles, permissions } of people) {
    const email = `${id}@sides.example`;
    await db.transaction((tx) =>
      insertUsers(tx, [{ id: `user-${id}`, name: id, email, passwordHash, mustChangePassword: false }]),
    );
    await db.insert(employees).values({
      ...{ organizationId: 'sides', id, number: id, name: id, email },
      ...{ departmentId: department, positionId: 'inside-position' },
    });
    await db
      .insert(members)
      .values({ organizationId: 'sides', userId: `user-${id}`, employeeId: id, roles, permissions });
    await db.insert(tenants).values({
      organizationId: 'sides',
      id: `${id}-tenant`,
      name: `agent-${id}`,
      employeeId: id,
      tierId: 'inside-tier',
    });
  }
}

async function insertSide(db: Drizzle, organizationId: string, side: Side, parentId: string | null): Promise<void> {
  const at = (thing: string) => nameOn(side, thing);
  const row = <T extends object>(thing: string, values: T) => ({ organizationId, id: at(thing), ...values });
  const later = new Date(Date.now() + 86_400_000);
  await db.insert(departments).values(row('department', { name: at('department'), parentId }));
  await db.insert(tiers).values(
    row('tier', {
      ...{ name: at('tier'), memoryMegabytes: 1024, cpuMillis: 1000, pids: 128, diskMegabytes: 1024 },
      ...{ toolsCeiling: ['shell', 'file'], idleMinutes: 15 },
    }),
  );
  await db.insert(positions).values(
    row('position', {
      ...{ name: at('position'), departmentId: at('department'), tierId: at('tier'), tools: ['file'] },
    }),
  );
  const email = `${side}@sides.example`;
  await db.insert(users).values({ id: at('user'), name: at('employee'), email });
  await db.insert(employees).values(
    row('employee', {
      ...{ number: at('number'), name: at('employee'), email },
      ...{ departmentId: at('department'), positionId: at('position') },
    }),
  );
  await db.insert(members).values({
    ...{ organizationId, userId: at('user'), employeeId: at('employee'), roles: ['employee'] },
  });
  await db
    .insert(tenants)
    .values(row('tenant', { name: at('tenant'), employeeId: at('employee'), tierId: at('tier') }));
  await db.insert(conversations).values(
    row('conversation', {
      ...{ tenantId: at('tenant'), userId: at('user'), path: 'emp' as const },
      ...{ callerKey: `user:${at('user')}`, callerName: at('employee'), title: at('conversation') },
    }),
  );
  await db.insert(turns).values(
    row('turn', {
      ...{ conversationId: at('conversation'), tenantId: at('tenant'), state: 'answered' as const },
      finishedAt: new Date(),
    }),
  );
  await db.insert(messages).values(
    row('message', {
      ...{ conversationId: at('conversation'), turnId: at('turn'), role: 'person' as const, text: at('message') },
    }),
  );
  await db.insert(operations).values(
    row('operation', {
      ...{ tenantId: at('tenant'), kind: 'hibernate' as const, state: 'succeeded' as const },
      request: { kind: 'hibernate' as const },
      ...{ requestedBy: at('employee'), deadlineAt: later, finishedAt: new Date() },
    }),
  );
  await db.insert(checkpoints).values(
    row('checkpoint', {
      ...{ tenantId: at('tenant'), tenantName: at('tenant'), generation: 0, filesEpoch: 1, cause: 'turn' as const },
      ...{ image: 'openclaw-test', root: '0'.repeat(64), files: 0, bytes: 0, storedBytes: 0, tookMs: 0 },
    }),
  );
  await db.insert(schedules).values(
    row('schedule', {
      ...{ tenantId: at('tenant'), name: at('schedule'), prompt: at('schedule'), nextRunAt: later },
      ...{ timing: { kind: 'rate' as const, everyMinutes: 60 }, missedRuns: 'skip' as const },
      ...{ deliverTo: 'portal' as const, createdByType: 'person' as const, createdByName: at('employee') },
    }),
  );
  await db.insert(channelAccounts).values(
    row('account', {
      ...{ channel: 'telegram' as const, name: at('account'), accountName: at('bot'), enabled: false },
      ...{ mode: 'polling' as const, settings: { apiRoot: 'http://localhost' } },
      ...{ sealedSecret: 'sealed', sealedWebhookSecret: 'sealed' },
    }),
  );
  await db.insert(channelBindings).values({
    ...{ organizationId, accountId: at('account'), platformUserId: at('platform-user'), chatId: at('chat') },
    ...{ employeeId: at('employee'), userId: at('user'), displayName: at('employee') },
  });
  await db.insert(skills).values({
    ...{ organizationId, name: at('skill'), description: at('skill'), updatedBy: at('employee') },
    content: `---\nname: ${at('skill')}\ndescription: x\n---\n`,
  });
  await db.insert(configTemplates).values({
    ...{ organizationId, name: at('template'), version: 1, createdBy: at('employee') },
    content: { skills: [], skillGroups: [] } as never,
  });
  for (const [scope, owner] of [
    ['position', at('position')],
    ['personal', at('employee')],
  ] as const) {
    const text = { organizationId, scope, ownerId: owner, content: at('layer') };
    await db.insert(layers).values(text);
    await db.insert(layerVersions).values({ ...text, version: 1, cause: 'first', author: at('employee') });
  }
  await db.insert(layerProposals).values(
    row('proposal', {
      ...{ scope: 'position' as const, ownerId: at('position'), baseVersion: 1, content: at('proposal') },
      ...{ authorId: at('user'), author: at('employee') },
    }),
  );
  await db.insert(accessRequests).values(
    row('request', {
      ...{ tenantId: at('tenant'), employeeId: at('employee'), employeeName: at('employee'), kind: 'tool' as const },
      ...{ resource: 'shell', reason: at('request'), risk: 'high' as const, stage: 'manager' as const },
      ...{ origin: 'portal' as const, expiresAt: later },
    }),
  );
  await db.insert(grants).values(
    row('grant', {
      ...{ tenantId: at('tenant'), employeeName: at('employee'), requestId: at('request'), kind: 'skill' as const },
      ...{ resource: at('skill'), mode: 'until' as const, grantedBy: at('employee'), expiresAt: later },
    }),
  );
  await db.insert(personNotifications).values(
    row('notification', {
      ...{ userId: at('user'), kind: 'schedule' as never, title: at('notification'), text: at('notification') },
      dedupeKey: at('notification'),
    }),
  );
}

const silent = {
  ...{ level: 'silent', fatal() {}, error() {}, warn() {}, info() {}, debug() {}, trace() {}, silent() {} },
  child: () => silent,
} as never;
