import { z } from 'zod';
import { sharedAgentRights, tier, tierChoices, tierInput, tierUse } from '../tier.ts';
import { route } from './route.ts';

const params = z.object({ tierId: z.string().max(64) });

export const tierRoutes = {
  listTiers: route({
    method: 'GET',
    path: '/tiers',
    tag: 'Organization',
    summary: 'The tiers that tenants are made of, by name',
    access: ['operator', 'admin', 'manager', 'auditor'],
    scope: 'organization',
    response: z.object({ tiers: z.array(tier) }),
  }),
  tierChoices: route({
    method: 'GET',
    path: '/tier-choices',
    tag: 'Organization',
    summary: 'Drivers, images and models that a tier can name',
    access: ['admin'],
    scope: 'organization',
    response: tierChoices,
  }),
  createTier: route({
    method: 'POST',
    path: '/tiers',
    tag: 'Organization',
    summary: 'Make a tier; one that allows more than every other needs the permission “policy”',
    access: ['admin'],
    scope: 'organization',
    body: tierInput.extend({
      description: tierInput.shape.description.default(''),
      driver: tierInput.shape.driver.default(null),
      image: tierInput.shape.image.default(null),
      model: tierInput.shape.model.default(null),
      pids: tierInput.shape.pids.default(128),
      idleMinutes: tierInput.shape.idleMinutes.default(15),
      alwaysOn: z.boolean().default(false),
      fastPath: z.boolean().default(false),
      heartbeatMinutes: tierInput.shape.heartbeatMinutes.default(30),
      egressHosts: tierInput.shape.egressHosts.default([]),
    }),
    response: tier,
  }),
  changeTier: route({
    method: 'PATCH',
    path: '/tiers/:tierId',
    tag: 'Organization',
    summary:
      'What is named changes, from the next message on; size, image and driver from an agent’s next start. More tools, hosts or room, or another driver, need the permission “policy”',
    access: ['admin'],
    scope: 'organization',
    params,
    body: tierInput.partial().extend({
      expectedVersion: z.int().min(1).optional().describe('`conflict` with the tier as it is now when it is another'),
    }),
    response: tier,
  }),
  tierUse: route({
    method: 'GET',
    path: '/tiers/:tierId/use',
    tag: 'Organization',
    summary: 'Positions, rules, agents and templates that name a tier',
    access: ['admin'],
    scope: 'organization',
    params,
    response: tierUse,
  }),
  deleteTier: route({
    method: 'DELETE',
    path: '/tiers/:tierId',
    tag: 'Organization',
    summary: 'Delete a tier; `conflict` with what uses it',
    access: ['admin'],
    scope: 'organization',
    params,
    status: 204,
  }),
  sharedAgentRights: route({
    method: 'GET',
    path: '/tenants/:tenantId/rights',
    tag: 'Organization',
    summary: 'Tier and tools of an agent that is nobody’s in particular',
    access: ['admin'],
    scope: 'organization',
    params: z.object({ tenantId: z.string().max(64) }),
    response: sharedAgentRights,
  }),
  changeSharedAgentRights: route({
    method: 'PATCH',
    path: '/tenants/:tenantId/rights',
    tag: 'Organization',
    summary:
      'Give an agent that is nobody’s in particular another tier, or fewer tools than its tier allows; tools hold at once, a size from its next start',
    access: ['admin'],
    scope: 'organization',
    params: z.object({ tenantId: z.string().max(64) }),
    body: sharedAgentRights.partial(),
    response: sharedAgentRights,
  }),
};
