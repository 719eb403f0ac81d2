import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDecisionService } from '../../governance/approvals/decisions/decision-service.ts';
import { createGrantService } from '../../governance/approvals/grants/grant-service.ts';
import { createAccessRequestService } from '../../governance/approvals/requests/access-request-service.ts';
import { createRunningAgents } from '../../governance/tools/running-agents.ts';
import { createToolPolicyService } from '../../governance/tools/tool-policy-service.ts';
import { members } from '../../store/schema/index.ts';
import { emailOf, type HttpWorld, startHttpWorld } from '../../testing/http-world.ts';
import { insertSmallOrganization } from '../../testing/small-organization.ts';
import { registerApprovalRoutes } from './approval-routes.ts';
import { registerGovernanceRoutes } from './governance-routes.ts';

let world: HttpWorld;
let theirs: { id: string };
const cookies = new Map<string, string>();

beforeAll(async () => {
  world = await startHttpWorld({
    register: (app, database) => {
      const model = { id: 'demo/demo', contextWindow: 1, maxOutputTokens: 1 };
      registerGovernanceRoutes(app, {
        policy: createToolPolicyService(database, { refusedBy: () => null, problemOf: () => null }),
        agents: createRunningAgents({
          ...{ database, model, hosts: new Map(), configuredRevision: () => null },
          onError: () => {},
        }),
      });
      registerApprovalRoutes(app, {
        requests: createAccessRequestService(database),
        decisions: createDecisionService(database),
        grants: createGrantService(database),
      });
    },
  });
  const { ann } = await insertSmallOrganization(world.database);
  const ask = { kind: 'tool', resource: 'shell', reason: 'for the review', hours: 1 } as const;
  theirs = await createAccessRequestService(world.database).ask(ann, ask);
  for (const role of ['admin', 'manager', 'employee', 'auditor'] as const) {
    cookies.set(role, await world.signIn(emailOf(role)));
  }
});
afterAll(() => world.close());

const send = async (role: string, method: string, path: string, body?: object) => {
  const cookie = cookies.get(role) ?? '';
  const response = await world.send(method, `/api/v1${path}`, { cookie, ...(body ? { body } : {}) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('another organization’s', () => {
  test.each(['admin', 'manager'])('requests and grants are not there for the %s', async (role) => {
    expect((await send(role, 'GET', '/access-requests')).body).toEqual({ requests: [], more: false, waiting: 0 });
    expect((await send(role, 'GET', '/grants?holding=false')).body).toEqual({ grants: [] });
    const approve = await send(role, 'POST', `/access-requests/${theirs.id}/approve`, { mode: 'once' });
    const reject = await send(role, 'POST', `/access-requests/${theirs.id}/reject`, {});
    const revoke = await send(role, 'POST', `/grants/${theirs.id}/revoke`);
    expect([approve.status, reject.status, revoke.status]).toEqual([404, 404, 404]);
  });

  test('agents are not there, whoever asks', async () => {
    for (const role of cookies.keys()) expect((await send(role, 'GET', '/agents/ann/tools')).status).toBe(404);
    expect((await send('admin', 'GET', '/security/agents?running=false')).body).toEqual({ agents: [] });
  });
});

test('what makes no sense is refused before anything looks at it', async () => {
  for (const body of [{ mode: 'until', hours: 0 }, { mode: 'until', hours: 8_761 }, { mode: 'always' }, {}]) {
    expect((await send('admin', 'POST', `/access-requests/${theirs.id}/approve`, body)).status).toBe(400);
  }
  const ask = { kind: 'tool', resource: 'shell', reason: 'x', hours: 1 };
  expect((await send('employee', 'POST', '/my/access-requests', ask)).status).toBe(400);
});

test('the tool policy is changed by an admin who has the permission, and by no other', async () => {
  const body = { blockedTools: [], commandPatterns: [], expectedVersion: 0 };
  expect((await send('admin', 'PUT', '/tool-policy', body)).body).toMatchObject({ error: { code: 'not_allowed' } });
  await world.database.db.update(members).set({ permissions: ['policy'] });
  expect((await send('auditor', 'PUT', '/tool-policy', body)).status).toBe(403);
  expect((await send('admin', 'PUT', '/tool-policy', body)).body).toMatchObject({ version: 1, updatedBy: 'The admin' });
  expect((await send('admin', 'PUT', '/tool-policy', body)).body).toMatchObject({
    error: { code: 'conflict', details: { version: 1 } },
  });
});

test('somebody without an agent has nothing to ask for', async () => {
  expect((await send('employee', 'GET', '/my/access-requests')).body).toEqual({ requests: [], requestable: [] });
});
