import { type Role, type Route, type RouteName, routes } from '@clawpool/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Asker, nameOn, type Side, type SidedWorld, startSidedWorld } from '../testing/sided-world.ts';

/**
 * Every endpoint against everybody it could be too open for: a manager and the department beside theirs, an employee and a colleague, an
 * admin and another organization. A new endpoint is walked by itself; one with a parameter nobody has told about fails until
 * `things` does.
 */
let world: SidedWorld;
beforeAll(async () => {
  world = await startSidedWorld();
});
afterAll(() => world?.close());

/** Which thing a field names, wherever it stands: in the path, the query or the body. Null: it names nothing that is somebody's. */
const things: Record<string, string | null> = {
  departmentId: 'department',
  parentId: 'department',
  positionId: 'position',
  employeeId: 'employee',
  tenantId: 'tenant',
  conversationId: 'conversation',
  turnId: 'turn',
  attachmentId: 'attachment',
  operationId: 'operation',
  batchId: 'batch',
  checkpointId: 'checkpoint',
  scheduleId: 'schedule',
  accountId: 'account',
  platformUserId: 'platform-user',
  requestId: 'request',
  grantId: 'grant',
  proposalId: 'proposal',
  importId: 'import',
  keyId: 'key',
  webhookId: 'webhook',
  deliveryId: 'delivery',
  providerId: 'provider',
  sourceId: 'source',
  runId: 'run',
  tokenId: 'token',
  mappingId: 'mapping',
  loadTestId: 'load-test',
  tier: 'tier',
  tierId: 'tier',
  userId: 'user',
  version: null,
  vendor: null,
};

/** Fields whose thing depends on the route. */
const thingsOf: Partial<Record<RouteName, Record<string, string>>> = {
  putSkill: { name: 'skill' },
  getSkill: { name: 'skill' },
  deleteSkill: { name: 'skill' },
  putSkillGroup: { name: 'skill-group' },
  deleteSkillGroup: { name: 'skill-group' },
  putConfigTemplate: { name: 'template' },
  getConfigTemplate: { name: 'template' },
  deleteConfigTemplate: { name: 'template' },
};

/** Values that a shape alone does not tell: text that has to be something. */
const values: Record<string, unknown> = {
  version: 1,
  expectedVersion: 1,
  baseVersion: 1,
  step: 'withdraw',
  expression: '0 9 * * *',
  timezone: 'UTC',
  vendor: 'feishu',
  path: 'MEMORY.md',
  from: 'MEMORY.md',
  to: 'other.md',
  url: 'https://hooks.example/x',
};

const io = { io: 'input', unrepresentable: 'any' } as const;

const ownerThing = ({ path }: Route): string => (path.startsWith('/layers') ? 'position' : 'employee');

const isThing = (value: unknown) => typeof value === 'string' && /^(inside|outside|rival)-/u.test(value);

interface Call {
  name: RouteName;
  route: Route;
  /** With things of this side. */
  on(side: Side): { path: string; body: unknown };
  /** Whether it names anything, and whether its path does. */
  names: boolean;
  inPath: boolean;
}

const calls: Call[] = (Object.entries(routes) as [RouteName, Route][])
  .filter(([name, { access }]) => access !== 'public' && access !== 'api-key' && name !== 'signOut')
  .map(([name, route]) => {
    const naming = new Set<string>();
    const on = (side: Side) => {
      const valueFor = (field: string): unknown => {
        if (field === 'scope' && route.path.startsWith('/layers')) return 'position';
        if (field === 'scope' && route.params?.shape.scope) return 'employee';
        const thing = field === 'ownerId' ? ownerThing(route) : (thingsOf[name]?.[field] ?? things[field]);
        if (!thing) return values[field];
        naming.add(thing);
        return nameOn(side, thing);
      };
      const path = route.path.replace(/:(\w+)/g, (_, field: string) =>
        encodeURIComponent(String(valueFor(field) ?? '')),
      );
      const query = route.query ? (sampleOf(z.toJSONSchema(route.query, io), valueFor) as object) : {};
      const search = new URLSearchParams(
        Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
      );
      const body = route.upload
        ? new Uint8Array([120])
        : route.body && sampleOf(z.toJSONSchema(route.body, io), valueFor);
      return { path: `${path}${search.size > 0 ? `?${search}` : ''}`, body };
    };
    const { path } = on('inside');
    return { name, route, on, names: naming.size > 0, inPath: path.split('?', 1)[0]?.includes('inside-') ?? false };
  });

const mayCall = ({ route: { access } }: Call, ...roles: Role[]) =>
  access === 'signed-in' || (Array.isArray(access) && roles.some((role) => access.includes(role)));

async function send(asker: Asker, call: Call, side: Side): Promise<{ status: number; text: string }> {
  const { path, body } = call.on(side);
  return world.send(asker, call.route.method, path, body);
}

/** Answers that tell nothing: a refusal, or a list that was asked for by a filter and is empty of that side. */
function expectNothing(
  call: Call,
  side: Side,
  { status, text }: { status: number; text: string },
  also: number[] = [],
) {
  const filters = call.route.method === 'GET' && !call.inPath;
  expect([403, 404, ...also, ...(filters ? [200] : [])], text).toContain(status);
  // What was asked for may be said again: there is no tenant rival-tenant.
  const { path, body } = call.on(side);
  const asked = `${path} ${JSON.stringify(body)}`;
  const told = [...text.matchAll(new RegExp(`${side}-[a-z-]+`, 'gu'))].map(([word]) => word);
  expect(told.filter((word) => !asked.includes(word))).toEqual([]);
}

describe('every endpoint', () => {
  test.each(calls.map((call) => [call.name, call] as const))(
    '%s has a rule about whose things it reaches',
    (_, call) => {
      expect(call.route.scope).toBeDefined();
      const known = { ...things, ...thingsOf[call.name], scope: null, ownerId: null };
      const unknown = Object.keys(call.route.params?.shape ?? {}).filter((field) => !(field in known));
      expect(unknown, 'parameters that `things` does not know').toEqual([]);
    },
  );
});

describe('a manager', () => {
  const managed = calls.filter((call) => call.route.scope === 'departments' && mayCall(call, 'manager'));
  const naming = managed.filter(({ names }) => names);

  test.each(naming.map((call) => [call.name, call] as const))(
    '%s finds nothing of another department',
    async (_, call) => {
      expectNothing(call, 'outside', await send('mia', call, 'outside'));
    },
  );

  test.each(naming.map((call) => [call.name, call] as const))(
    '%s finds nothing of another organization',
    async (_, call) => {
      expectNothing(call, 'rival', await send('mia', call, 'rival'));
    },
  );

  const listing = managed.filter(({ names, route }) => !names && route.method === 'GET' && !route.events);
  test.each(listing.map((call) => [call.name, call] as const))(
    '%s tells of their own departments alone',
    async (_, call) => {
      const { status, text } = await send('mia', call, 'inside');
      expect(status).toBe(200);
      expect(text).not.toMatch(/outside-|rival-/u);
    },
  );
});

describe.each([
  ['an admin', 'admin', 'ada'],
  ['an auditor', 'auditor', 'udo'],
  ['an operator', 'operator', 'ole'],
] as const)('%s', (_role, role, asker) => {
  const governed = calls.filter(
    (call) => (call.route.scope === 'organization' || call.route.scope === 'departments') && mayCall(call, role),
  );

  /** They make the thing that they name, in the caller's own organization. */
  const makes = new Set<RouteName>(['putSkill', 'putSkillGroup', 'putConfigTemplate']);
  const naming = governed.filter(({ names, name }) => names && !makes.has(name));
  test.each(naming.map((call) => [call.name, call] as const))(
    '%s finds nothing of another organization',
    async (_, call) => {
      expectNothing(call, 'rival', await send(asker, call, 'rival'), [400, 409]);
    },
  );

  const listing = governed.filter(({ names, route }) => !names && route.method === 'GET' && !route.events);
  test.each(listing.map((call) => [call.name, call] as const))(
    '%s tells of their own organization alone',
    async (_, call) => {
      const { status, text } = await send(asker, call, 'inside');
      // A platform that is not connected has nothing to list.
      expect(call.name === 'listDirectoryRuns' ? 404 : 200, text).toBe(status);
      expect(text).not.toContain('rival-');
    },
  );
});

describe('an employee', () => {
  const own = calls.filter((call) => mayCall(call, 'employee') && call.route.scope !== 'installation');
  const naming = own.filter(({ names }) => names);
  test.each(naming.map((call) => [call.name, call] as const))('%s finds nothing of a colleague', async (_, call) => {
    // Nothing of theirs was there to take back: that it is gone is as they want it.
    const gone = call.name === 'cancelPairing' ? [204] : [];
    expectNothing(call, 'outside', await send('ida', call, 'outside'), [400, ...gone]);
  });

  const listing = own.filter(({ names, route }) => !names && route.method === 'GET' && !route.events);
  test.each(listing.map((call) => [call.name, call] as const))('%s tells of themselves alone', async (_, call) => {
    const { status, text } = await send('ida', call, 'inside');
    expect([200, 404], text).toContain(status);
    // Skills are the organization's: anybody may ask for one.
    expect(text).not.toMatch(/outside-(?!skill)|rival-|inside-(message|conversation|request|grant|notification)/u);
  });
});

describe('what is theirs is reached: the refusals above are about whose it is', () => {
  /** What the inside lacks, or what is asked of it cannot be done to it. */
  const reachable = calls.filter(
    (call) =>
      call.names && call.route.scope === 'departments' && mayCall(call, 'manager') && call.route.method === 'GET',
  );
  const lacking = new Set<RouteName>([
    'batch',
    'downloadAttachment',
    'downloadSessionAttachment',
    'openFile',
    'downloadFile',
  ]);
  test.each(reachable.filter(({ name }) => !lacking.has(name)).map((call) => [call.name, call] as const))(
    'a manager reaches %s',
    async (_, call) => {
      const { status, text } = await send('mia', call, 'inside');
      expect([403, 404], text).not.toContain(status);
    },
  );
});

/** A value that a JSON schema takes, as small as it may be; `valueFor` decides about fields it knows. */
function sampleOf(schema: unknown, valueFor: (field: string) => unknown, field = ''): unknown {
  const known = field === '' ? undefined : valueFor(field);
  const shape = schema as Record<string, never> & { type?: string; required?: string[] };
  if (known !== undefined && !(shape.type === 'string' && typeof known === 'number')) return known;
  if ('const' in shape) return shape.const;
  if ('default' in shape) return shape.default;
  if (shape.enum) return (shape.enum as unknown[])[0];
  const either = (shape.oneOf ?? shape.anyOf) as unknown[] | undefined;
  if (either) return sampleOf(chosen(either, valueFor), valueFor, '');
  if (shape.type === 'object') {
    const required = shape.required ?? [];
    const properties = Object.entries((shape.properties ?? {}) as Record<string, unknown>);
    const wanted = properties.filter(([key]) => required.includes(key) || isThing(valueFor(key)));
    return Object.fromEntries(wanted.map(([key, value]) => [key, sampleOf(value, valueFor, key)]));
  }
  if (shape.type === 'array') {
    const count = Number(shape.minItems ?? 0);
    return Array.from({ length: count }, () => sampleOf(shape.items, valueFor, ''));
  }
  if (shape.type === 'boolean') return true;
  if (shape.type === 'integer' || shape.type === 'number') return Math.max(1, Number(shape.minimum ?? 1));
  if (shape.type === 'null') return null;
  if (shape.format === 'email') return 'somebody@sides.example';
  if (shape.format === 'date-time') return '2030-01-01T00:00:00.000Z';
  return 'x'.repeat(Math.max(3, Number(shape.minLength ?? 3)));
}

/** Of a union that a field tells apart, the one that `valueFor` names; else the first that is not null. */
function chosen(either: unknown[], valueFor: (field: string) => unknown): unknown {
  const fitting = either.find((one) => {
    const properties = ((one as { properties?: Record<string, { const?: unknown }> }).properties ?? {}) as Record<
      string,
      { const?: unknown }
    >;
    return Object.entries(properties).some(
      ([key, value]) => value.const !== undefined && value.const === valueFor(key),
    );
  });
  return fitting ?? either.find((one) => (one as { type?: string }).type !== 'null') ?? either[0];
}
