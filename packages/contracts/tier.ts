import { z } from 'zod';
import { tenantResources } from './tenant.ts';
import { toolName } from './tools.ts';

/** An HTTPS host name, or one with `*.` before it. */
const egressHost = z
  .string()
  .max(253)
  .toLowerCase()
  .regex(
    /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/u,
    'use api.example.com or *.example.com',
  );

/** What a person says of a tier. */
export const tierInput = z.object({
  name: z.string().trim().min(1).max(60),
  description: z.string().trim().max(300).describe('whom it is for'),
  driver: z.string().max(40).nullable().describe('null: the installation’s'),
  image: z.string().max(64).nullable().describe('null: the default image'),
  model: z.string().max(200).nullable().describe('provider/model; null: the active model'),
  ...tenantResources.shape,
  pids: z.int().min(32).max(4096).describe('processes at most'),
  idleMinutes: z.int().min(1).max(43_200),
  alwaysOn: z.boolean(),
  fastPath: z.boolean().describe('the model answers directly while a runtime wakes'),
  heartbeatMinutes: z.int().min(0).max(10_080).describe('minutes between two looks at HEARTBEAT.md; 0: never'),
  toolsCeiling: z.array(toolName).max(20).describe('no position of the tier can allow more'),
  egressHosts: z
    .array(egressHost)
    .max(200)
    .describe('hosts its tenants may reach by HTTPS: api.example.com, *.example.com'),
});
export type TierInput = z.infer<typeof tierInput>;

/** A named runtime profile. What a tenant and its template leave open comes from here. */
export const tier = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  driver: z.string().nullable().describe('null: the installation’s'),
  image: z.string().nullable().describe('null: the default image'),
  model: z.string().nullable().describe('provider/model; null: the active model'),
  cpus: z.number(),
  memoryMegabytes: z.int(),
  diskMegabytes: z.int(),
  pids: z.int().describe('processes at most'),
  idleMinutes: z.int(),
  alwaysOn: z.boolean(),
  fastPath: z.boolean().describe('the model answers directly while a runtime wakes'),
  heartbeatMinutes: z.int().describe('minutes between two looks at HEARTBEAT.md; 0: never'),
  toolsCeiling: z.array(toolName).describe('no position of the tier can allow more'),
  egressHosts: z.array(z.string()).describe('hosts its tenants may reach by HTTPS: api.example.com, *.example.com'),
  version: z.int().describe('rises with every change'),
  updatedAt: z.iso.datetime(),
  updatedBy: z.string(),
  positions: z.int().describe('that name it'),
  agents: z.int().describe('that have it'),
  awake: z.int().describe('of those, with a runtime: a new size, image or driver holds from their next start'),
});
export type Tier = z.infer<typeof tier>;

/** What a tier can be made of here. */
export const tierChoices = z.object({
  drivers: z.array(z.string()),
  images: z.array(z.string()),
  models: z.array(z.string()),
  defaults: z
    .object({ driver: z.string(), image: z.string(), model: z.string() })
    .describe('where a tier says nothing'),
});
export type TierChoices = z.infer<typeof tierChoices>;

const named = z.object({ count: z.int(), names: z.array(z.string()).describe('of the first few') });
/** What names a tier: all of it stands in the way of its removal. */
export const tierUse = z.object({ positions: named, rules: named, agents: named, templates: named });
export type TierUse = z.infer<typeof tierUse>;

/** What an agent may do that is nobody's in particular. */
export const sharedAgentRights = z.object({
  tierId: z.string().max(64),
  tools: z.array(toolName).nullable().describe('of those that its tier allows; null: all of them'),
});
export type SharedAgentRights = z.infer<typeof sharedAgentRights>;
