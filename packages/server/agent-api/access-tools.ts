import { type AccessRequest, accessKind, longestGrantHours, requestDays, toolNames } from '@clawpool/contracts';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import type { AccessRequestService } from '../governance/approvals/requests/access-request-service.ts';
import { type CallRules, createAttempt, createChange } from './tool-call.ts';

export interface AccessToolsOptions {
  /** An agent asks for its owner, and so has one. */
  agent: { organizationId: string; tenantId: string; employeeId: string };
  requests: Pick<AccessRequestService, 'askAsAgent' | 'listOfAgent'>;
  rules: CallRules;
}

/** Hours that an agent asks for unless its person said something else: a working day. */
const usualHours = 8;

/** By which an agent asks that it may do more. People decide; nothing that it says decides anything. */
export function registerAccessTools(server: McpServer, { agent, requests, rules }: AccessToolsOptions): void {
  const attempt = createAttempt(rules);
  const change = createChange(rules);

  server.registerTool(
    'access_request',
    {
      title: 'Request access',
      description: [
        'Ask, for the person you work for, that you may use a tool, a skill or a host that you may not use now. Their manager or an admin decides, which',
        'takes minutes to days; nothing changes before. Use this only when the person has agreed to ask. The same thing asked again is the request',
        'that waits already.',
      ].join(' '),
      inputSchema: {
        kind: accessKind.describe('tool: one of the organization’s tools; skill: by its name; host: to reach by HTTPS'),
        resource: z
          .string()
          .trim()
          .min(1)
          .max(253)
          .describe(`of a tool one of ${toolNames.join(', ')} (commands are shell); the skill’s name; api.example.com`),
        reason: z
          .string()
          .trim()
          .min(3)
          .max(500)
          .describe('what the person needs it for, in a sentence whoever decides understands'),
        hours: z
          .number()
          .int()
          .min(1)
          .max(longestGrantHours)
          .nullable()
          .default(usualHours)
          .describe(`for how long; null: for good. ${usualHours} unless told; ask for no longer than needed`),
      },
      annotations: { destructiveHint: false, idempotentHint: true, openWorldHint: false },
    },
    (input) =>
      change(async () => {
        const request = await requests.askAsAgent(agent, input);
        return { request: shown(request), tell: waitsFor(request) };
      }),
  );

  server.registerTool(
    'access_status',
    {
      title: 'Look at requests',
      description:
        'What was requested for the person you work for, newest first, what became of each, and until when it holds.',
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () => attempt(async () => ({ requests: (await requests.listOfAgent(agent)).slice(0, 10).map(shown) })),
  );
}

function shown({ id, kind, resource, hours, risk, state, decidedBy, decisionNote, grant }: AccessRequest) {
  const granted = grant && {
    mode: grant.mode,
    until: grant.expiresAt,
    ended: grant.endedAt,
    because: grant.endedBecause,
  };
  return { id, kind, resource, hours, risk, state, decidedBy, note: decisionNote, granted };
}

function waitsFor({ kind, resource, stage, risk }: AccessRequest): string {
  const who = stage === 'manager' ? 'a manager' : 'an admin';
  const both = stage === 'manager' && risk === 'high' ? ', and then an admin,' : '';
  return `Requested: the ${kind} ${resource}. It waits for ${who}${both} to decide, ${requestDays} days at most; you will be told.`;
}
