import { type AgentDefinition, type AgentSkill, skillName } from '@clawpool/contracts';
import { assistantFiles } from './assistant.ts';
import { instructions, ofLayer } from './instructions.ts';
import { schedulesSkill } from './schedules-skill.ts';
import { reservedTitles, soul } from './soul.ts';
import { cutLines, fileLimit, layerText, oneLine } from './text.ts';

export interface WorkspaceFile {
  /** Relative to the folder it is meant for, with `/`; for `composeWorkspace` that is the agent's workspace. */
  path: string;
  content: string;
  /** File mode; 0600 where absent. */
  mode?: number;
}

/** What the agent keeps itself: never written by Clawpool. Everything else in the workspace that we do not write is its own too. */
export const agentOwnedPaths = ['MEMORY.md', 'memory/'] as const;

const ownFiles = ['SOUL.md', 'AGENTS.md', 'IDENTITY.md', 'USER.md', 'TOOLS.md'] as const;

/** Only of an agent that is one person's. OpenClaw does not read it by itself: the agent looks when it needs to know. */
export const channelsFile = 'CHANNELS.md';

/** Whether OpenClaw puts a file of the workspace into every prompt. */
export const isInPrompt = (path: string): boolean => ownFiles.some((own) => own === path);

/** Written before a turn when it changed (`sessionContext`): not one of the files that an agent is made of. */
export const sessionContextFile = 'SESSION_CONTEXT.md';

/**
 * The files an agent is made of, in a fixed order: the same agent gives the same bytes. They are written before every
 * start; those of its identity stay below OpenClaw's limit of 20,000 characters per file.
 *
 * @param options `callsControlPlane` of the profile: the agent is told of the control plane's tools
 */
export function composeWorkspace(agent: AgentDefinition, { callsControlPlane = false } = {}): WorkspaceFile[] {
  const content: Record<(typeof ownFiles)[number], string> = {
    'SOUL.md': soul(agent),
    ...(agent.assistant
      ? assistantFiles(agent, callsControlPlane ? agent.assistant.tools : [])
      : colleagueFiles(agent, callsControlPlane)),
  };
  const channels = agent.assistant ? '' : channelList(agent);
  const ours = callsControlPlane && !agent.assistant && !agent.publicTwin ? [schedulesSkill] : [];
  const theirs = agent.skills.filter(({ name }) => !ours.some((own) => own.name === name));
  return [
    ...ownFiles.map((path) => ({ path, content: content[path] })),
    ...(channels === '' ? [] : [{ path: channelsFile, content: channels }]),
    ...[...theirs, ...ours].map(skillFile),
  ];
}

const colleagueFiles = (agent: AgentDefinition, callsControlPlane: boolean) => ({
  'AGENTS.md': instructions(agent, [...ownFiles, channelsFile, sessionContextFile], callsControlPlane),
  'IDENTITY.md': identity(agent),
  'USER.md': user(agent),
  'TOOLS.md': surroundings(agent),
});

/** OpenClaw lists what is in the workspace's `skills` beside its own, and finds a skill by the name of its folder. */
function skillFile({ name, content }: AgentSkill): WorkspaceFile {
  return { path: `skills/${skillName.parse(name)}/SKILL.md`, content };
}

function identity(agent: AgentDefinition): string {
  return `# Identity

${ofLayer.global}

- **Name:** ${oneLine(agent.name)}
- **Represents:** ${oneLine(agent.owner.name)}
- **Position:** ${oneLine(agent.owner.position)}
- **Department:** ${oneLine(agent.owner.department)}
- **Company:** ${oneLine(agent.organization.name)}
- **Platform:** Clawpool
`;
}

function user({ owner, timezone, about = '' }: AgentDefinition): string {
  const topics = owner.contactFor.map((topic) => oneLine(topic, 60)).filter((topic) => topic !== '');
  const facts = `# The person you represent

${ofLayer.global}

- **Name:** ${oneLine(owner.name)}
- **E-mail:** ${oneLine(owner.email)}
- **Position:** ${oneLine(owner.position)}
- **Department:** ${oneLine(owner.department)}
- **Time zone:** ${oneLine(timezone)}
${topics.length > 0 ? `- **Others ask them about:** ${topics.join(', ')}\n` : ''}`;
  const { text } = layerText(about, 'personal', ['The person you represent', 'About', ...reservedTitles]);
  if (text === '') return facts;
  const heading = `\n## About\n\n${ofLayer.personal} In their own words:\n\n`;
  return `${facts}${heading}${cutLines(text, fileLimit - facts.length - heading.length - 1).text}\n`;
}

/** Where the owner is reached, one line for each. Written without any chat too: an older one must not go on naming those of the past. */
function channelList({ channels }: AgentDefinition): string {
  if (!channels) return '';
  const lines = channels.map(
    ({ channel, name, preferred }) =>
      `- ${oneLine(channel, 40)}: ${oneLine(name, 80)}${preferred ? ' (preferred: what is sent unasked goes there)' : ''}\n`,
  );
  return `# Where the person you represent is reached\n\n${ofLayer.personal}\n\n${lines.join('')}- portal: always\n`;
}

function surroundings({ tools, hosts = [] }: AgentDefinition): string {
  const runs = tools.includes('shell') || tools.includes('code_execution');
  const files = runs || tools.includes('file') || tools.includes('file_write');
  const facts = [
    ...(files
      ? ['Your workspace is a folder of your own; nobody else can see it, and you can see nobody else’s.']
      : []),
    ...(runs
      ? [
          hosts.length === 0
            ? 'Commands run in a sandbox without a network: nothing can be downloaded, installed or sent from it.'
            : 'Commands run in a sandbox without a network but for the hosts that AGENTS.md names.',
          'The workspace is a git repository where git is installed.',
        ]
      : []),
    ...(files ? [] : ['You have no workspace tools: you answer from what you know and what you are told.']),
  ];
  return `# Your surroundings\n\n${ofLayer.global}\n\n${facts.map((fact) => `- ${fact}\n`).join('')}`;
}
