import { z } from 'zod';
import { drift, loadTest, poolHost, quotas, warmSlotGroup } from '../pool.ts';
import { route } from './route.ts';

const operator = ['operator'] as const;
const readers = ['operator', 'admin', 'auditor'] as const;

export const poolRoutes = {
  pool: route({
    method: 'GET',
    path: '/pool',
    tag: 'Pool',
    summary: 'Hosts and their room, warm slots, and where ledger and reality differed lately',
    access: readers,
    response: z.object({
      hosts: z.array(poolHost),
      warmSlots: z.array(warmSlotGroup),
      drifts: z.array(drift).describe('newest first, of the last 7 days, at most 200'),
      reconciledAt: z.iso.datetime().nullable(),
      operations: z.object({ queued: z.int(), running: z.int(), failedLastHour: z.int() }),
    }),
  }),
  reconcilePool: route({
    method: 'POST',
    path: '/pool/reconciliation',
    tag: 'Pool',
    summary: 'Compares the ledger with the hosts now instead of within the minute',
    access: operator,
    response: z.object({ drifts: z.array(drift) }),
  }),
  setWarmSlots: route({
    method: 'PUT',
    path: '/pool/warm-slots/:tier',
    tag: 'Pool',
    summary: 'Bounds for the number of warm slots of a tier; between them it follows demand',
    access: operator,
    params: z.object({ tier: z.string().max(64) }),
    body: z.object({ minimum: z.int().min(0).max(1000), maximum: z.int().min(0).max(1000) }),
    response: warmSlotGroup,
  }),
  quotas: route({
    method: 'GET',
    path: '/quotas',
    tag: 'Pool',
    summary: 'What the organization may use, and uses',
    access: readers,
    response: z.object({
      quotas,
      used: z.object({
        tenants: z.int(),
        runningTenants: z.int(),
        cpus: z.number(),
        memoryMegabytes: z.int(),
        diskMegabytes: z.int(),
      }),
    }),
  }),
  setQuotas: route({
    method: 'PUT',
    path: '/quotas',
    tag: 'Pool',
    summary: 'Changes what the organization may use; what it uses already stays',
    access: operator,
    body: quotas,
    response: quotas,
  }),
  startLoadTest: route({
    method: 'POST',
    path: '/load-tests',
    tag: 'Pool',
    summary: 'Makes that many tenants at once, for real, named lt-…',
    access: operator,
    body: z.object({
      count: z.int().min(1).max(500).default(30),
      tier: z.string().max(64).optional(),
      image: z.string().max(64).optional(),
      cpus: z.number().min(0.1).max(64).default(1),
      memoryMegabytes: z.int().min(512).max(262_144).default(1024),
    }),
    status: 202,
    response: loadTest,
  }),
  listLoadTests: route({
    method: 'GET',
    path: '/load-tests',
    tag: 'Pool',
    summary: 'Load tests, newest first',
    access: operator,
    response: z.object({ loadTests: z.array(loadTest) }),
  }),
  loadTest: route({
    method: 'GET',
    path: '/load-tests/:loadTestId',
    tag: 'Pool',
    summary: 'How a load test goes',
    access: operator,
    params: z.object({ loadTestId: z.string().max(64) }),
    response: loadTest,
  }),
  cleanUpLoadTest: route({
    method: 'DELETE',
    path: '/load-tests/:loadTestId/tenants',
    tag: 'Pool',
    summary: 'Deletes every tenant it made, with their files and without a backup',
    access: operator,
    params: z.object({ loadTestId: z.string().max(64) }),
    status: 202,
    response: loadTest,
  }),
};
