import { ClawpoolError, type Schedule, type ScheduleTiming, scheduleInput } from '@clawpool/contracts';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { localTime } from '../conversations/schedules/schedule.ts';
import type { ScheduleService, SchedulingAgent } from '../conversations/schedules/schedule-service.ts';
import type { AccessRequestService } from '../governance/approvals/requests/access-request-service.ts';
import { registerAccessTools } from './access-tools.ts';
import { type AgentMemory, registerMemoryTools } from './memory-tools.ts';
import { type CallRules, createAttempt, createChange } from './tool-call.ts';

export interface CallingAgent extends SchedulingAgent {
  /** Of its organization: what times without a zone are in. */
  timezone: string;
  /** Whose agent it is; null: nobody's in particular, and so it asks for nobody. */
  employeeId: string | null;
  /** Strangers talk to it: it keeps nothing of what they say. */
  isTwin: boolean;
}

export interface ToolServerOptions {
  agent: CallingAgent;
  schedules: Pick<ScheduleService, 'create' | 'list' | 'remove'>;
  requests: Pick<AccessRequestService, 'askAsAgent' | 'listOfAgent'>;
  memory: AgentMemory;
  rules: CallRules;
  now: () => Date;
}

/** The tools of one agent. */
export function createToolServer({ agent, schedules, requests, memory, rules, now }: ToolServerOptions): McpServer {
  const server = new McpServer({ name: 'clawpool', version: '1' });

  const attempt = createAttempt(rules);
  const change = createChange(rules);

  server.registerTool(
    'schedule_create',
    {
      title: 'Make a schedule',
      description: [
        'Let yourself be asked something later: once (a reminder), at a rate, or by a cron expression. At each time you get the prompt as a',
        'message in a session of its own, and your answer is delivered to the person you work for (to each of them, where several share you). Use this for every reminder and',
        `recurring task; it works also while you sleep. Now it is ${inZone(now(), agent.timezone)}, in ${agent.timezone}.`,
      ].join(' '),
      inputSchema: createInput(agent.timezone),
      annotations: { destructiveHint: false, idempotentHint: false, openWorldHint: false },
    },
    ({ timing, ...rest }) =>
      change(async () => {
        const made = await schedules.create(agent, {
          ...{ ...rest, enabled: true, timing: absolute(timing, agent.timezone) },
        });
        return { made: shown(made, agent.timezone) };
      }),
  );

  server.registerTool(
    'schedule_list',
    {
      title: 'List schedules',
      description: 'All your schedules, with their ids, the next time of each, and how the last run of each ended.',
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    () => attempt(async () => ({ schedules: (await schedules.list(agent)).map((one) => shown(one, agent.timezone)) })),
  );

  server.registerTool(
    'schedule_delete',
    {
      title: 'Delete a schedule',
      description: 'Delete one of your schedules for good. To change one, delete it and make another.',
      inputSchema: { id: z.string().max(64).describe('the id, from schedule_list') },
      annotations: { destructiveHint: true, idempotentHint: false, openWorldHint: false },
    },
    ({ id }) =>
      change(async () => {
        await schedules.remove(agent, id);
        return { deleted: id };
      }),
  );
  if (!agent.isTwin) registerMemoryTools(server, { agent, memory, rules });
  const { employeeId } = agent;
  if (employeeId !== null) registerAccessTools(server, { agent: { ...agent, employeeId }, requests, rules });
  return server;
}

/** The contract’s shape with times as an agent says them. */
const createInput = (timezone: string) => {
  const { name, prompt, missedRuns, deliverTo } = scheduleInput.shape;
  return {
    name: name.describe('what to call it, for the person: at most 80 characters'),
    prompt: prompt.describe(
      'what you are asked at each time: all you need to know then, since you do not remember this conversation',
    ),
    timing: z
      .discriminatedUnion('kind', [
        z.object({
          kind: z.literal('at'),
          at: z
            .string()
            .max(40)
            .describe(
              `once, at this date and time: 2026-05-01T09:00 is by the clock of ${timezone}; with an offset, as 2026-05-01T09:00:00+02:00, it is exactly that moment`,
            ),
        }),
        z.object({
          kind: z.literal('rate'),
          everyMinutes: z
            .number()
            .int()
            .min(1)
            .max(525_600)
            .describe('again and again after so many minutes, from now on'),
        }),
        z.object({
          kind: z.literal('cron'),
          expression: z
            .string()
            .max(100)
            .describe(
              'five fields: minute, hour, day of month, month, day of week; `0 9 * * 1-5` is 9:00 from Monday to Friday',
            ),
          timezone: z
            .string()
            .max(64)
            .default(timezone)
            .describe(`IANA name of the time zone; ${timezone} unless told`),
        }),
      ])
      .describe('when'),
    missedRuns: missedRuns.describe(
      'of times that passed while nothing could run: skip them, run once for all, or run each',
    ),
    deliverTo: deliverTo.describe('where your answer goes: the person’s preferred channel, or the portal only'),
  };
};

type AgentTiming = z.output<ReturnType<typeof createInput>['timing']>;

const offsetTime = z.iso.datetime({ offset: true });
const { timezone: zoneShape } = scheduleInput.shape.timing.options[2].shape;

/** ClawpoolError `invalid_request` for what is no time and no zone. */
function absolute(timing: AgentTiming, timezone: string): ScheduleTiming {
  if (timing.kind === 'rate') return timing;
  if (timing.kind === 'cron') {
    if (zoneShape.safeParse(timing.timezone).success) return timing;
    throw new ClawpoolError(
      'invalid_request',
      `“${timing.timezone}” is no time zone.`,
      `Use an IANA name such as Europe/Berlin, or leave it out for ${timezone}.`,
    );
  }
  if (offsetTime.safeParse(timing.at).success) return timing;
  const at = localTime(timing.at, timezone);
  if (at) return { kind: 'at', at: at.toISOString() };
  throw new ClawpoolError(
    'invalid_request',
    `“${timing.at}” is no date and time.`,
    'Write it as 2026-05-01T09:00, or with an offset as 2026-05-01T09:00:00+02:00.',
  );
}

/** Times by the organization’s clock too: an agent tells the person those. */
function shown(schedule: Schedule, timezone: string) {
  const { id, name, prompt, timing, missedRuns, deliverTo, enabled, nextRunAt, lastRun } = schedule;
  return {
    ...{ id, name, prompt, timing, missedRuns, deliverTo, enabled },
    next: nextRunAt === null ? 'never' : inZone(new Date(nextRunAt), timezone),
    lastRun: lastRun && { at: inZone(new Date(lastRun.dueAt), timezone), state: lastRun.state },
  };
}

/** For example `Friday 2026-05-01 09:00 GMT+2`. */
function inZone(at: Date, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: timezone, weekday: 'long', timeZoneName: 'short', hourCycle: 'h23' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('weekday')} ${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')} ${part('timeZoneName')}`;
}
