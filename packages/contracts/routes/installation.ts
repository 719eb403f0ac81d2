import { z } from 'zod';
import { route } from './route.ts';

/** What anybody may know before signing in. */
export const installation = z.object({
  version: z.string(),
  unsafeDriver: z.boolean().describe('true while tenants run without isolation: the console shows a red banner'),
  sampleOrganization: z.boolean().describe('true when the sample organization ACME Corp is present'),
});
export type Installation = z.infer<typeof installation>;

export const status = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  data: z.string().describe('folder of the installation'),
  database: z.object({ kind: z.enum(['embedded', 'external']), version: z.string() }),
  driver: z.object({
    name: z.string(),
    isolates: z.boolean(),
    why: z.string(),
    limits: z.object({ memory: z.string(), pids: z.string(), cpu: z.string() }),
    notes: z.array(z.string()),
  }),
  image: z.string(),
  model: z.object({ provider: z.string(), model: z.string(), fallback: z.string().nullable() }),
  tenants: z.object({ total: z.int(), running: z.int(), failed: z.int() }),
  turns: z.object({ waiting: z.int(), running: z.int() }),
});
export type Status = z.infer<typeof status>;

export const installationRoutes = {
  installation: route({
    method: 'GET',
    path: '/installation',
    tag: 'Installation',
    summary: 'What the sign-in page needs to know',
    access: 'public',
    response: installation,
  }),
  status: route({
    method: 'GET',
    path: '/status',
    tag: 'Installation',
    summary: 'How the installation is doing',
    access: ['operator', 'admin'],
    scope: 'installation',
    response: status,
  }),
};
