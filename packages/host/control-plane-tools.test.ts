import { text } from 'node:stream/consumers';
import { createSandboxDriver } from '@clawpool/runtimes';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { TestHost } from './testing.ts';
import { endLeftHosts, slotRequest, startRequest, startTestHost, turn } from './testing.ts';

/** The real OpenClaw calls tools of the control plane by MCP, through its out pipe. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

afterAll(endLeftHosts);

const image = 'openclaw-2026.6.35';
const call = 'CALL clawpool__schedule_create {"name":"lunch"}';

let at: TestHost;
const asked: { tenantId: string; authorization: string | undefined; method: string; params: unknown }[] = [];

beforeAll(async () => {
  at = await startTestHost(createSandboxDriver);
  at.model.controlPlane = (tenantId, request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    void text(request).then((body) => {
      const { id, method, params } = JSON.parse(body) as { id?: number; method: string; params?: unknown };
      asked.push({ tenantId, authorization: request.headers.authorization, method, params });
      if (id === undefined) {
        response.writeHead(202).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }));
    });
  };
});
afterAll(() => at?.end());
afterEach(() => {
  asked.length = 0;
});

const results: Record<string, object> = {
  initialize: {
    protocolVersion: '2025-06-18',
    capabilities: { tools: {} },
    serverInfo: { name: 'clawpool', version: '0' },
  },
  'tools/list': {
    tools: ['schedule_create', 'not_ours_to_offer'].map((name) => ({
      name,
      description: name,
      inputSchema: { type: 'object', properties: { name: { type: 'string' } } },
    })),
  },
  'tools/call': { content: [{ type: 'text', text: 'created for noon' }] },
};

test('an agent calls a tool with its runtime’s own token, and reads what came of it', async () => {
  await at.host.start(startRequest('ryan', { image }));
  const { last } = await turn(at.host, 'ryan', call);
  expect(last).toMatchObject({ type: 'done', text: expect.stringContaining('created for noon') });
  expect(asked.at(-1)).toMatchObject({
    tenantId: 'ryan',
    authorization: 'Bearer token-of-ryan-1',
    method: 'tools/call',
    params: { name: 'schedule_create', arguments: { name: 'lunch' } },
  });
  const offered = at.model.calls.at(-1)?.tools ?? [];
  expect(offered).toContain('clawpool__schedule_create');
  expect(offered).not.toContain('clawpool__not_ours_to_offer');
  await at.host.stop('ryan');
});

test('an agent that was a warm slot does so with the token that was reserved, as the tenant it is now', async () => {
  expect(await at.host.prepareSlot(slotRequest('slot-1', { image }))).toMatchObject({ ok: true });
  expect(asked).toEqual([]);
  expect(await at.host.claimSlot('slot-1', startRequest('carol', { image }))).toMatchObject({ ok: true });
  const { last } = await turn(at.host, 'carol', call, 'emp__carol__1');
  expect(last).toMatchObject({ type: 'done', text: expect.stringContaining('created for noon') });
  expect(asked.at(-1)).toMatchObject({
    tenantId: 'carol',
    authorization: expect.stringMatching(/^Bearer token-of-reserved/u),
    method: 'tools/call',
  });
});

test('an agent goes on without those tools while nobody answers for them, and has them in its next conversation', async () => {
  const answering = at.model.controlPlane;
  at.model.controlPlane = (_, request, response) => {
    request.resume();
    response.writeHead(404).end();
  };
  await at.host.start(startRequest('dave', { image }));
  expect((await turn(at.host, 'dave', 'Hello', 'emp__dave__1')).last).toMatchObject({ type: 'done' });
  at.model.controlPlane = answering;
  await turn(at.host, 'dave', call, 'emp__dave__2');
  expect(asked.at(-1)).toMatchObject({ tenantId: 'dave', method: 'tools/call' });
});
