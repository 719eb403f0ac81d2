import { z } from 'zod';
import { agentSettings, effectiveSettings, settingsRow, settingsScope } from '../agent-settings.ts';
import { route } from './route.ts';

const params = z.object({ scope: settingsScope, ownerId: z.string().max(64).describe('`-` for the organization') });

export const agentSettingsRoutes = {
  listAgentSettings: route({
    method: 'GET',
    path: '/agent-settings',
    tag: 'Governance',
    summary: 'Overrides of model and conversation in the caller’s scope, and the models there are',
    access: ['admin', 'manager', 'auditor'],
    scope: 'departments',
    response: z.object({ rows: z.array(settingsRow), models: z.array(z.string()) }),
  }),
  saveAgentSettings: route({
    method: 'PUT',
    path: '/agent-settings/:scope/:ownerId',
    tag: 'Governance',
    summary: 'Override for a position or a person; all null removes it. Holds from the next turn on',
    access: ['admin'],
    scope: 'organization',
    params,
    body: z.object({ settings: agentSettings, expectedVersion: z.int().min(0).describe('0: there is none yet') }),
    response: settingsRow.nullable(),
  }),
  effectiveSettings: route({
    method: 'GET',
    path: '/agents/:tenantId/settings',
    tag: 'Governance',
    summary: 'What holds for one agent, and where each value comes from',
    access: 'signed-in',
    scope: 'departments',
    params: z.object({ tenantId: z.string().max(64) }),
    response: effectiveSettings,
  }),
};
