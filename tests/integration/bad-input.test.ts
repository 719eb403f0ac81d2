import { type Client, createClient } from '@clawpool/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { operatorToken } from '../support/operator.ts';

/** What an operator, or a program that speaks as one, gets wrong: refused with a code and what to do, never with 500. */
let clawpool: TestInstallation;
let operator: Client;
let before: unknown;

beforeAll(async () => {
  clawpool = await startTestInstallation();
  operator = createClient({ baseUrl: clawpool.url, token: operatorToken(clawpool.data) });
  await operator.call('createTenant', { body: { name: 'taken', start: false } });
  await vi.waitFor(
    async () => expect((await operator.call('tenant', { params: { tenantId: 'taken' } })).operation).toBeNull(),
    { timeout: 30_000 },
  );
  before = await everything();
});
afterAll(() => clawpool?.close());

const office = { start: '09:00', stop: '18:00', timezone: 'Europe/Berlin', days: ['mon'] };
const refusedTenants: [string, object][] = [
  ['no name', { name: undefined }],
  ['a name in capitals', { name: 'Bad' }],
  ['a name of 33 characters', { name: 'a'.repeat(33) }],
  ['a name that leads elsewhere', { name: '../ryan' }],
  ['a name that is taken', { name: 'taken' }],
  ['20,001 tags', { tags: Object.fromEntries(Array.from({ length: 20_001 }, (_, index) => [`t${index}`, ''])) }],
  ['a tag with a colon in its key', { tags: { 'a:b': 'c' } }],
  ['a tag with a NUL', { tags: { a: 'b\0' } }],
  ['a tag with half a character', { tags: { a: '\ud800' } }],
  ['a group with a NUL', { group: 'a\0' }],
  ['no CPU', { cpus: 0 }],
  ['CPU as text', { cpus: '1' }],
  ['less than no memory', { memoryMegabytes: -1 }],
  ['half a megabyte too much', { memoryMegabytes: 1024.5 }],
  ['a disk larger than any', { diskMegabytes: 2 ** 40 }],
  ['25 o’clock', { timetable: { ...office, start: '25:00' } }],
  ['a time zone of nowhere', { timetable: { ...office, timezone: 'Mars/Olympus' } }],
  ['no day', { timetable: { ...office, days: [] } }],
  ['an expiry in the past', { ttlHours: -1 }],
  ['an unknown tier', { tier: 'none-such' }],
  ['an unknown image', { image: 'openclaw-0.0.0' }],
  ['an unknown template', { configTemplate: 'none-such' }],
  ['an unknown skill', { skills: ['none-such'] }],
  ['an unknown group of skills', { skillGroups: ['none-such'] }],
  ['an unknown host', { preferredHost: 'none-such' }],
  ['an unknown person', { employeeId: 'none-such' }],
  ['a person who has an agent', { employeeId: 'ryan' }],
  ['an unknown checkpoint', { restoreFrom: { checkpointId: 'none-such' } }],
  ['a checkpoint of the year 0', { restoreFrom: { tenantId: 'ryan', at: '0000-01-01T00:00:00Z' } }],
  ['an unknown tenant to clone', { cloneFrom: 'none-such' }],
  ['two beginnings', { cloneFrom: 'ryan', restoreFrom: { tenantId: 'ryan' } }],
];
const operations = (kind: string, rest: object = {}) =>
  ['POST', '/tenants/ryan/operations', { kind, ...rest }] as const;
const elsewhere: [string, readonly [method: string, path: string, body?: unknown]][] = [
  ['an unknown kind of operation', operations('explode')],
  ['a resize to nothing', operations('resize', { cpus: 0 })],
  ['a resize that changes nothing', operations('resize')],
  ['a rebuild with an unknown image', operations('rebuild', { image: 'none-such' })],
  ['a rebuild with an unknown template', operations('rebuild', { configTemplate: 'none-such' })],
  ['a restore of an unknown checkpoint', operations('restore', { from: { checkpointId: 'a\0b' } })],
  ['a move to an unknown host', operations('migrate', { host: 'none-such' })],
  ['a clone without a name', operations('clone')],
  ['a token with spaces', operations('start', { clientToken: 'a b c d' })],
  ['an unknown tenant', ['POST', '/tenants/none-such/operations', { kind: 'start' }]],
  ['a tenant with a NUL in its name', ['GET', '/tenants/%00']],
  ['a change to a name that is taken', ['PATCH', '/tenants/ryan', { name: 'taken' }]],
  ['a change to an unknown skill', ['PATCH', '/tenants/ryan', { skills: ['none-such'] }]],
  ['a batch of neither ids nor filter', ['POST', '/batches', { operation: { kind: 'stop' } }]],
  ['a batch of both', ['POST', '/batches', { operation: { kind: 'stop' }, ids: ['ryan'], filter: {} }]],
  ['a batch of nobody', ['POST', '/batches', { operation: { kind: 'stop' }, ids: [] }]],
  [
    'a batch of what is not for many',
    ['POST', '/batches', { operation: { kind: 'migrate', host: 'local' }, ids: ['ryan'] }],
  ],
  ['a batch by half a tag', ['POST', '/batches', { operation: { kind: 'stop' }, filter: { tag: 'team' } }]],
  ['an unknown operation', ['GET', '/operations/none-such']],
  ['an unknown batch', ['GET', '/batches/none-such']],
  ['a list by an unknown state', ['GET', '/tenants?state=asleep']],
  ['a list from before its beginning', ['GET', '/tenants?offset=-1']],
  ['a search for NUL', ['GET', '/tenants?search=%00']],
  ['an unknown checkpoint to verify', ['POST', '/checkpoints/none-such/verification']],
  ['warm slots upside down', ['PUT', '/pool/warm-slots/engineering', { minimum: 5, maximum: 1 }]],
  ['warm slots of an unknown tier', ['PUT', '/pool/warm-slots/none-such', { minimum: 0, maximum: 0 }]],
  ['a template of an unknown tier', ['PUT', '/config-templates/bad', { content: { tier: 'none-such' } }]],
  ['a skill with a name of a path', ['PUT', '/skills/..%2Fbad', { content: '# Bad' }]],
  ['a group of unknown skills', ['PUT', '/skill-groups/bad', { skills: ['none-such'] }]],
  ['quotas below nothing', ['PUT', '/quotas', { tenants: -1 }]],
  ['retention of no days', ['PUT', '/retention', { days: 0 }]],
  ['a load test of nobody', ['POST', '/load-tests', { count: 0 }]],
  ['a load test of an unknown tier', ['POST', '/load-tests', { count: 1, tier: 'none-such' }]],
  ['what is no JSON', ['POST', '/tenants', '{"name":']],
];

test.each(refusedTenants)('a tenant with %s is refused with what to do', async (_, body) => {
  await expectRefused('POST', '/tenants', { name: 'refused', start: false, ...body });
});
test.each(elsewhere)('%s is refused with what to do', async (_, request) => {
  await expectRefused(...request);
});
test('nothing of all that is left behind', async () => {
  expect(await everything()).toEqual(before);
});

/** What a refused request could have left. */
async function everything() {
  const tenants = await operator.call('listTenants', { query: { limit: 1000 } });
  const { operations } = await operator.call('listTenantOperations', { params: { tenantId: 'ryan' }, query: {} });
  return {
    tenants: tenants.tenants.map(({ id, name }) => [id, name]),
    operations: operations.map(({ id }) => id),
    batches: await operator.call('listBatches'),
    templates: await operator.call('listConfigTemplates'),
    skills: await operator.call('listSkills'),
    quotas: (await operator.call('quotas')).quotas,
    retention: await operator.call('retention'),
    loadTests: await operator.call('listLoadTests'),
  };
}

async function expectRefused(method: string, path: string, body?: unknown): Promise<void> {
  const response = await fetch(`${clawpool.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${operatorToken(clawpool.data)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answer = await response.json();
  expect([400, 404, 409], JSON.stringify(answer)).toContain(response.status);
  expect(answer).toEqual({
    error: {
      code: expect.any(String),
      message: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
      requestId: expect.any(String),
    },
  });
}
