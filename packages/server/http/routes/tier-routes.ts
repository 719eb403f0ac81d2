import { tierRoutes } from '@clawpool/contracts';
import { changeSharedAgent, sharedAgentRights } from '../../organization/tier-agents.ts';
import type { TierService } from '../../organization/tier-service.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export function registerTierRoutes(app: HttpApp, database: Database, tiers: TierService): void {
  registerRoutes(app, tierRoutes, {
    listTiers: async ({ principal }) => ({ tiers: await tiers.list(principal) }),
    tierChoices: ({ principal }) => tiers.choices(principal),
    createTier: ({ principal, body }) => tiers.create(principal, body),
    changeTier: ({ principal, params, body }) => tiers.change(principal, params.tierId, body),
    tierUse: ({ principal, params }) => tiers.use(principal, params.tierId),
    sharedAgentRights: ({ principal, params }) => sharedAgentRights(database, principal, params.tenantId),
    changeSharedAgentRights: ({ principal, params, body }) =>
      changeSharedAgent(database, principal, params.tenantId, body),
    deleteTier: ({ principal, params }) => tiers.remove(principal, params.tierId),
  });
}
