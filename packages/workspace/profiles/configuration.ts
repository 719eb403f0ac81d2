/** What is written for OpenClaw, as far as its version lines agree; `docs/gateway/` of the npm package names the settings. */
import type { ToolName } from '@clawpool/contracts';
import type { ProfileInput, ProfilePlace } from '../profile.ts';
import { promptLimits } from '../text.ts';
import { sessionKey } from './chat-completions.ts';

/**
 * See `OpenClawProfile.runtimeState`: what either line makes, because a tenant's folder may have been used by the other one before. Their
 * sessions are alike and are the tenant's.
 */
export const runtimeState: readonly string[] = [
  // A database of what we switch off (cron, pairing, channels, plugins), with a write-ahead log of 2 MB from the first second on.
  'state/state',
  'state/identity',
  'state/logs',
  'state/workspace-attestations',
  // models.json repeats openclaw.json's provider, its key included.
  'state/agents/main/agent',
  'state/exec-approvals.json',
  'home/.openclaw/exec-approvals.json',
];

/** Seconds one run may take. */
export const runSeconds = 600;

const openclawTools: Readonly<Record<ToolName, readonly string[]>> = {
  shell: ['exec', 'process'],
  file: ['read'],
  file_write: ['write', 'edit', 'apply_patch'],
  code_execution: ['exec'],
  browser: ['browser'],
  web_search: ['web_search', 'web_fetch'],
};

export function toolNames(tools: readonly ToolName[]): string[] {
  return [...new Set(['session_status', ...tools.flatMap((tool) => openclawTools[tool])])].sort();
}

const runsCommands = (tools: readonly ToolName[]): boolean =>
  tools.includes('shell') || tools.includes('code_execution');

const provider = 'clawpool';

/**
 * `openclaw.json`, which OpenClaw refuses to start with when it holds a setting it does not know.
 *
 * @param tools OpenClaw's names of those that are offered to the model, and no others
 */
export function openclawJson(
  { agent, place, gatewayToken, modelToken, revision }: ProfileInput,
  tools: readonly string[],
): object {
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
        bootstrapMaxChars: promptLimits.file,
        bootstrapTotalMaxChars: promptLimits.total,
        ...(agent.model.compaction ? { compaction: { mode: agent.model.compaction } } : {}),
        ...(isTimezone(agent.timezone) ? { userTimezone: agent.timezone } : {}),
      },
    },
    tools: {
      allow: tools,
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

/** `exec-approvals.json`. */
export function execApprovals(tools: readonly ToolName[]): object {
  const policy = {
    security: runsCommands(tools) ? 'full' : 'deny',
    ask: 'off',
    askFallback: 'deny',
    autoAllowSkills: false,
  };
  return { version: 1, defaults: policy, agents: { main: { ...policy, allowlist: [] } } };
}

/**
 * `mcp` of openclaw.json: the control plane's tools, through the out pipe. The token is the one for the model gateway, so that a warm
 * slot's is good for it as soon as it is bound.
 */
export function controlPlaneServer({ place, modelToken }: ProfileInput): object {
  return {
    // OpenClaw asks once per session which tools there are, and takes a failure for none until it has been idle for this long.
    sessionIdleTtlMs: 60_000,
    servers: {
      clawpool: {
        url: `http://127.0.0.1:${place.egressPort}/mcp`,
        transport: 'streamable-http',
        headers: { Authorization: `Bearer ${modelToken}` },
        connectTimeout: 5,
        timeout: 20,
      },
    },
  };
}

/** Where either line keeps its sessions. */
export const sessions = {
  folder: 'state/agents/main/sessions',
  index: 'state/agents/main/sessions/sessions.json',
  key: sessionKey,
};

/** How programs of the agent find the way out that there is: HTTPS by CONNECT on the out pipe. Both spellings are in use. */
export function wayOut({ egressPort }: ProfilePlace): Record<string, string> {
  const proxy = `http://127.0.0.1:${egressPort}`;
  const direct = '127.0.0.1,localhost';
  return { HTTPS_PROXY: proxy, https_proxy: proxy, NO_PROXY: direct, no_proxy: direct };
}

export const json = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
