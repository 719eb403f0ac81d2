import { tenantName } from '@clawpool/contracts';
import { expect, test } from 'vitest';
import { emptySnapshot, newTwinToken, publicEvent, twinTenantName } from './twin.ts';

test('a link’s secret cannot be guessed, and is another one each time', () => {
  expect(newTwinToken()).toMatch(/^[\w-]{27}$/u);
  expect(newTwinToken()).not.toBe(newTwinToken());
});

test.each(['ann', 'EMP_0042', 'a-very-long-employee-id-that-does-not-fit-at-all', 'ö'])(
  'the tenant of %s’s twin has a name that tenants may have',
  (employeeId) => {
    expect(tenantName.safeParse(twinTenantName(employeeId, '')).success).toBe(true);
    expect(tenantName.safeParse(twinTenantName(employeeId, 'a1b2c3')).success).toBe(true);
    expect(twinTenantName(employeeId, 'a1b2c3')).toMatch(/-a1b2c3$/u);
  },
);

test('a visitor sees nothing of the inside', () => {
  const at = new Date(0).toISOString();
  const shown = publicEvent({
    ...emptySnapshot(new Date()),
    type: 'snapshot',
    conversation: {
      ...{ id: 'c', tenantId: 'secret-tenant', tenantName: 'secret-name', path: 'twin', title: 'Hi', current: false },
      ...{ takeover: { by: 'Olga', userId: 'secret-user', until: at }, createdAt: at, updatedAt: at, endedAt: null },
    },
    messages: [
      {
        ...{ id: 'm', turnId: 't', role: 'agent', author: null, text: 'Hello', origin: 'twin', quick: false, at },
        attachments: [{ id: 'a', name: 'secret-file.pdf', mediaType: 'application/pdf', bytes: 1 }],
      },
    ],
    more: false,
    turns: [
      {
        ...{ id: 't', origin: 'twin', state: 'failed', reason: 'model_refused_key', retryAt: null, position: 0 },
        ...{ message: 'secret-provider refused', hint: 'secret-hint', acceptedAt: at, finishedAt: at },
        acts: [{ tool: 'secret-tool', arguments: '{}', at }],
      },
    ],
    partial: null,
  });
  expect(JSON.stringify(shown)).not.toMatch(/secret|model_refused_key/u);
  expect(shown).toMatchObject({
    conversation: { takeover: { by: 'Olga' } },
    messages: [{ text: 'Hello' }],
    turns: [{ state: 'failed', message: expect.any(String) }],
  });
});
