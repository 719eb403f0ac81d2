/**
 * OpenClaw 2026.6.x. Settings and behaviour are as measured on 2026.6.35 with Node 22.23.3; `docs/gateway/` of the npm
 * package names the settings.
 */
import { createHash } from 'node:crypto';
import type { ToolName } from '@clawpool/contracts';
import type {
  AnswerEvent,
  ExitMeaning,
  GatewayRequest,
  OpenClawProfile,
  ProfileInput,
  TurnFailure,
  TurnInput,
} from '../profile.ts';

/** Seconds one run may take. */
const runSeconds = 600;

export const profile: OpenClawProfile = {
  line: '2026.6',
  toolNames,
  folders: ['workspace', 'state', 'home'],
  workspace: 'workspace',
  configuration: (input) => [{ path: 'openclaw.json', content: json(openclawJson(input)) }],
  state: ({ agent }) => [{ path: 'state/exec-approvals.json', content: json(execApprovals(agent.tools)) }],
  environment: (place) => ({
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: `${place.tenantFolder}/home`,
    TMPDIR: place.temporaryFolder,
    LANG: 'C.UTF-8',
    OPENCLAW_STATE_DIR: `${place.tenantFolder}/state`,
    OPENCLAW_CONFIG_PATH: `${place.configurationFolder}/openclaw.json`,
    // One process: no launcher that starts the gateway a second time.
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED: '1',
    // What a tenant has no use for; half of the time to ready goes into the bundled plugins' metadata.
    OPENCLAW_DISABLE_BUNDLED_PLUGINS: '1',
    OPENCLAW_BUNDLED_SKILLS_DIR: `${place.configurationFolder}/no-skills`,
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_SKIP_GMAIL_WATCHER: '1',
    OPENCLAW_SKIP_BROWSER_CONTROL_SERVER: '1',
    OPENCLAW_SKIP_CANVAS_HOST: '1',
    OPENCLAW_NO_AUTO_UPDATE: '1',
    // It would write every prompt to disk a second time.
    OPENCLAW_TRAJECTORY: '0',
  }),
  nodeFlags: ['--experimental-async-context-frame'],
  program: { file: 'node_modules/openclaw/openclaw.mjs', arguments: ['gateway', 'run'] },
  flatModules: 'node_modules/openclaw/dist',
  // Else its "main-session-restart-recovery" runs the turn again, 5 s after the start, for nobody.
  unfinishedTurns: {
    file: 'state/agents/main/sessions/sessions.json',
    field: 'status',
    from: 'running',
    to: 'failed',
  },
  readinessPath: '/readyz',
  turnRequest,
  longestTurnMs: (runSeconds + 30) * 1000,
  answerEvent,
  answerFailure,
  refusal,
  exitMeaning,
};

const openclawTools: Readonly<Record<ToolName, readonly string[]>> = {
  shell: ['exec', 'process'],
  file: ['read'],
  file_write: ['write', 'edit', 'apply_patch'],
  code_execution: ['exec'],
  browser: ['browser'],
  web_search: ['web_search', 'web_fetch'],
};

function toolNames(tools: readonly ToolName[]): string[] {
  return [...new Set(['session_status', ...tools.flatMap((tool) => openclawTools[tool])])].sort();
}

const runsCommands = (tools: readonly ToolName[]): boolean =>
  tools.includes('shell') || tools.includes('code_execution');

// --- what is written -------------------------------------------------------------------------------------------------

const provider = 'clawpool';

function openclawJson({ agent, place, gatewayToken, modelToken, revision }: ProfileInput): object {
  return {
    gateway: {
      mode: 'local',
      port: place.gatewayPort,
      bind: 'loopback',
      auth: { mode: 'token', token: gatewayToken },
      controlUi: { enabled: false },
      reload: { mode: 'hybrid', debounceMs: 10 },
      http: { endpoints: { chatCompletions: { enabled: true } } },
    },
    models: {
      mode: 'replace',
      providers: {
        [provider]: {
          baseUrl: `http://127.0.0.1:${place.egressPort}/v1`,
          apiKey: modelToken,
          api: 'openai-completions',
          headers: { 'x-rev': revision },
          models: [
            {
              id: agent.model.id,
              name: agent.model.id,
              reasoning: false,
              input: ['text'],
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              contextWindow: agent.model.contextWindow,
              maxTokens: agent.model.maxOutputTokens,
              compat: { supportsUsageInStreaming: true },
            },
          ],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: `${provider}/${agent.model.id}` },
        workspace: `${place.tenantFolder}/workspace`,
        skipBootstrap: true,
        timeoutSeconds: runSeconds,
        heartbeat: { every: '0m' },
        bootstrapMaxChars: 20_000,
        bootstrapTotalMaxChars: 60_000,
        ...(isTimezone(agent.timezone) ? { userTimezone: agent.timezone } : {}),
      },
    },
    tools: {
      // Exactly these are offered to the model; the names of tools that are switched off are harmless.
      allow: toolNames(agent.tools),
      // The runtime's boundary is what holds a command; a list of programs inside it would not.
      exec: { host: 'gateway', security: runsCommands(agent.tools) ? 'full' : 'deny', ask: 'off' },
      elevated: { enabled: false },
      fs: { workspaceOnly: true },
    },
    commands: { text: false, native: false, nativeSkills: false, restart: false },
    skills: { allowBundled: ['__none__'] },
    session: { dmScope: 'per-channel-peer' },
    plugins: { enabled: false },
    browser: { enabled: false },
    discovery: { mdns: { mode: 'off' } },
    update: { checkOnStart: false },
    // What matters goes to stdout, which the host keeps; the file would be a second copy that grows on the tenant's disk.
    logging: {
      file: `${place.temporaryFolder}/openclaw.log`,
      level: 'error',
      maxFileBytes: 1_048_576,
      consoleLevel: 'info',
    },
  };
}

function execApprovals(tools: readonly ToolName[]): object {
  const policy = {
    security: runsCommands(tools) ? 'full' : 'deny',
    ask: 'off',
    askFallback: 'deny',
    autoAllowSkills: false,
  };
  return { version: 1, defaults: policy, agents: { main: { ...policy, allowlist: [] } } };
}

const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

// --- what is said to it ----------------------------------------------------------------------------------------------

function turnRequest({ turnId, session, text, context, gatewayToken }: TurnInput): GatewayRequest {
  const system = [
    `[clawpool turn ${turnId.replace(/[^\w.:-]/gu, '')}]`,
    `This turn: path ${context.path} (${paths[context.path]}).`,
    `Caller: ${context.caller.replace(/\s+/gu, ' ').trim()}`,
    // OpenClaw's own prompt offers these; a page that shows Markdown has no use for them.
    'Answer with text in Markdown. Do not use NO_REPLY, MEDIA: lines or [embed] here.',
  ].join('\n');
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {
      authorization: `Bearer ${gatewayToken}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'x-openclaw-session-key': sessionKey(session),
    },
    // Only the new message: OpenClaw keeps the session's history and would fold earlier ones into one text.
    body: JSON.stringify({
      model: 'openclaw',
      stream: true,
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: text },
      ],
    }),
  };
}

const paths: Readonly<Record<TurnInput['context']['path'], string>> = {
  emp: 'the person you represent, in the portal',
  pgnd: 'an administrator who tries you out',
  twin: 'a visitor of your public page',
  admin: 'an administrator',
  cron: 'a schedule',
  api: 'a program',
};

/** OpenClaw compares session keys without regard to case; a name that could collide gets a hash of its exact spelling. */
function sessionKey(session: string): string {
  const plain = session.toLowerCase().replace(/[^a-z0-9_.-]+/gu, '-');
  if (plain === session && session.length <= 128) return `agent:main:clawpool:${session}`;
  const exact = createHash('sha256').update(session).digest('hex').slice(0, 16);
  return `agent:main:clawpool:${plain.slice(0, 96)}-${exact}`;
}

// --- what it says ----------------------------------------------------------------------------------------------------

function answerEvent(data: string): AnswerEvent[] {
  if (data.trim() === '[DONE]') return [{ type: 'end' }];
  const event = parse(data);
  if (isRecord(event.error)) {
    return [{ type: 'failed', failure: failureOf(String(event.error.type ?? ''), String(event.error.message ?? '')) }];
  }
  const choice = Array.isArray(event.choices) ? event.choices[0] : undefined;
  const text = isRecord(choice) && isRecord(choice.delta) ? choice.delta.content : undefined;
  return typeof text === 'string' && text !== '' ? [{ type: 'delta', text }] : [];
}

function answerFailure(text: string): TurnFailure | null {
  const plain = text.trim();
  if (plain === 'Error: internal error') return agentError('The agent’s gateway reported an internal error.');
  if (plain === '' || plain === 'No response from OpenClaw.')
    return agentError('The agent ended its turn without an answer.');
  if (plain.startsWith('Context overflow: ')) {
    return agentError('The conversation is too long for the agent’s model. Start a new conversation.');
  }
  return null;
}

function refusal(status: number, body: string): TurnFailure {
  const { error } = parse(body);
  const type = isRecord(error) ? String(error.type ?? '') : '';
  const message = isRecord(error) ? String(error.message ?? '') : '';
  if (status === 503 && type === '') {
    return { reason: 'exited', message: 'The agent’s gateway is not ready.', retry: true };
  }
  if (status === 413) return agentError('The message is too large for the agent’s gateway.');
  return failureOf(type, message || `The agent’s gateway answered ${status}.`);
}

/** OpenClaw's own types of model failures; `api_error` covers both an unreachable provider and one that broke down. */
function failureOf(type: string, text: string): TurnFailure {
  const message = text.replace(/\s+/gu, ' ').trim().slice(0, 500);
  const because = message === '' ? '' : ` (${message})`;
  switch (type) {
    case 'authentication_error':
    case 'permission_error':
    case 'insufficient_quota':
      return {
        reason: 'model_refused_key',
        message: `The model provider refused the request${because}.`,
        retry: false,
      };
    case 'rate_limit_error':
      return {
        reason: 'model_rate_limited',
        message: `The model provider is limiting requests${because}.`,
        retry: false,
      };
    case 'api_error':
      return /timeout|overloaded|connection|unavailable/iu.test(message)
        ? { reason: 'model_unavailable', message: `The model provider cannot be reached${because}.`, retry: false }
        : { reason: 'model_error', message: `The model provider failed${because}.`, retry: false };
    default:
      return { reason: 'model_error', message: `The model call failed${because}.`, retry: false };
  }
}

const agentError = (message: string): TurnFailure => ({ reason: 'agent_error', message, retry: false });

function exitMeaning(code: number | null, output: readonly string[]): ExitMeaning {
  const text = output.join('\n');
  if (/ENOSPC|no space left on device|EDQUOT|disk quota exceeded|database or disk is full/iu.test(text)) {
    return {
      reason: 'storage_full',
      message: 'The agent could not start: its disk is full.',
      hint: 'Free space on the host’s data disk. The agent is started again by itself.',
    };
  }
  const invalid = /Invalid config at [^\n]*\n(?<why>[^\n]*)|Gateway start blocked: (?<blocked>.*?)(?:\.\s|\n|$)/u.exec(
    text,
  );
  // 78 is EX_CONFIG of sysexits.h: unreadable configuration.
  if (invalid || code === 78) {
    const why = (invalid?.groups?.why ?? invalid?.groups?.blocked ?? 'it cannot be read').trim().slice(0, 300);
    return {
      reason: 'configuration_invalid',
      message: `The agent could not start: OpenClaw rejects its configuration (${why}).`,
      hint: 'This is a fault of Clawpool or of the image. Ask the operator to look at the agent’s log.',
    };
  }
  if (/Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND/u.test(text)) {
    return {
      reason: 'image_missing',
      message: 'The agent could not start: the image is incomplete.',
      hint: 'Ask the operator to remove the image’s folder; it is installed again at the next start.',
    };
  }
  if (/JavaScript heap out of memory/u.test(text)) {
    return {
      reason: 'memory_limit',
      message: 'The agent could not start: it ran out of memory.',
      hint: 'Ask the operator to raise the memory limit of the agent’s tier.',
    };
  }
  return {
    reason: 'exited',
    message: `The agent’s gateway ended before it was ready${code === null ? '' : ` (exit code ${code})`}.`,
    hint: 'It is started again by itself. If it keeps happening, ask the operator to look at the agent’s log.',
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
