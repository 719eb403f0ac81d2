/** OpenClaw 2026.6.x. Settings and behaviour are as measured on 2026.6.35 with Node 22.23.3. */
import type { AgentDefinition, ToolName } from '@clawpool/contracts';
import type { OpenClawProfile } from '../profile.ts';
import { controlPlaneTools } from '../schedules-skill.ts';
import { answerEvent, answerFailure, refusal, turnRequest } from './chat-completions.ts';
import * as shared from './configuration.ts';
import { exitMeaning } from './exit-meaning.ts';

const { controlPlaneServer, execApprovals, json, openclawJson, runSeconds, runtimeState, sessions } = shared;

const toolNames = (tools: readonly ToolName[]): string[] => [...controlPlaneTools, ...shared.toolNames(tools)].sort();

/** What is offered to the model: the admin assistant has its lookups and no other of the control plane's tools. */
const offered = ({ tools, assistant }: AgentDefinition): string[] =>
  assistant ? [...assistant.tools, ...shared.toolNames(tools)].sort() : toolNames(tools);

export const profile: OpenClawProfile = {
  line: '2026.6',
  toolNames,
  folders: ['workspace', 'state', 'home'],
  workspace: 'workspace',
  runtimeState,
  configuration: (input) => [
    {
      path: 'openclaw.json',
      content: json({ ...openclawJson(input, offered(input.agent)), mcp: controlPlaneServer(input) }),
    },
  ],
  state: ({ agent }) => [{ path: 'state/exec-approvals.json', content: json(execApprovals(agent.tools)) }],
  environment: (place) => ({
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: `${place.tenantFolder}/home`,
    TMPDIR: place.temporaryFolder,
    ...shared.wayOut(place),
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
    file: sessions.index,
    field: 'status',
    from: 'running',
    to: 'failed',
  },
  sessions,
  readsFilesEachTurn: true,
  callsControlPlane: true,
  configurationRead: /\[reload\] config (change|hot reload) applied/u,
  readinessPath: '/readyz',
  turnRequest,
  cancelsOnDisconnect: true,
  tellsFailures: true,
  longestTurnMs: (runSeconds + 30) * 1000,
  answerEvent,
  answerFailure,
  refusal,
  exitMeaning,
};
