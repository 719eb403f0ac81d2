/**
 * OpenClaw 2026.3.x, the lean line: two thirds of the memory of 2026.6, half of its time per turn. Settings and behaviour are as measured on 2026.3.24 with
 * Node 22.23.3.
 *
 * It reads the files that make the agent (SOUL.md and the others) once per session, so what has changed since is sent along with each turn of the
 * sessions that are open. What nothing here can give it: a command that runs when its turn is cancelled runs to its end.
 */
import type { ToolName } from '@clawpool/contracts';
import type { OpenClawProfile } from '../profile.ts';
import { answerEvent, answerFailure, refusal, turnRequest } from './chat-completions.ts';
import * as shared from './configuration.ts';
import { exitMeaning } from './exit-meaning.ts';

const { execApprovals, json, openclawJson, runSeconds, runtimeState, sessions } = shared;

/** It offers `apply_patch` with OpenAI's own models only, and complains about the name otherwise. */
const toolNames = (tools: readonly ToolName[]): string[] =>
  shared.toolNames(tools).filter((name) => name !== 'apply_patch');

export const profile: OpenClawProfile = {
  line: '2026.3',
  toolNames,
  folders: ['workspace', 'state', 'home'],
  workspace: 'workspace',
  runtimeState,
  configuration: (input) => [
    { path: 'openclaw.json', content: json(openclawJson(input, toolNames(input.agent.tools))) },
  ],
  // It looks for the approvals below HOME and not, as later lines do, in its state folder.
  state: ({ agent }) => [{ path: 'home/.openclaw/exec-approvals.json', content: json(execApprovals(agent.tools)) }],
  environment: (place) => ({
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: `${place.tenantFolder}/home`,
    TMPDIR: place.temporaryFolder,
    ...shared.wayOut(place),
    LANG: 'C.UTF-8',
    OPENCLAW_STATE_DIR: `${place.tenantFolder}/state`,
    OPENCLAW_CONFIG_PATH: `${place.configurationFolder}/openclaw.json`,
    // One heap of malloc's for all threads: 35 MB less, and no slower.
    MALLOC_ARENA_MAX: '1',
    // One process: no launcher that starts the gateway a second time.
    OPENCLAW_NO_RESPAWN: '1',
    // What a tenant has no use for. Reading the bundled plugins' metadata would double the time of the first turn.
    OPENCLAW_BUNDLED_PLUGINS_DIR: `${place.configurationFolder}/no-plugins`,
    OPENCLAW_BUNDLED_SKILLS_DIR: `${place.configurationFolder}/no-skills`,
    OPENCLAW_DISABLE_BONJOUR: '1',
    OPENCLAW_SKIP_GMAIL_WATCHER: '1',
    OPENCLAW_SKIP_BROWSER_CONTROL_SERVER: '1',
    OPENCLAW_SKIP_CANVAS_HOST: '1',
  }),
  nodeFlags: [],
  program: { file: 'node_modules/openclaw/openclaw.mjs', arguments: ['gateway', 'run'] },
  flatModules: 'node_modules/openclaw/dist',
  // It leaves finished sessions as "running" at times and goes on with none by itself; but 2026.6 would, started with these files.
  unfinishedTurns: {
    file: sessions.index,
    field: 'status',
    from: 'running',
    to: 'failed',
  },
  sessions,
  // Its MCP servers are programs that it starts anew with every turn, and their tools escape `tools.allow`.
  readsFilesEachTurn: false,
  callsControlPlane: false,
  configurationRead: /\[reload\] config (change|hot reload) applied/u,
  readinessPath: '/readyz',
  turnRequest,
  cancelsOnDisconnect: false,
  // A failed model call ends the event stream like an answer that is complete.
  tellsFailures: false,
  longestTurnMs: (runSeconds + 30) * 1000,
  answerEvent,
  answerFailure,
  refusal,
  exitMeaning,
};
