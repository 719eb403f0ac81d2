import { type AgentDefinition, type AgentSkill, skillName, type ToolName } from '@clawpool/contracts';
import { assistantFiles } from './assistant.ts';
import { instructions } from './instructions.ts';
import { schedulesSkill } from './schedules-skill.ts';
import { soul } from './soul.ts';
import { oneLine } from './text.ts';

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
  const ours = callsControlPlane && !agent.assistant ? [schedulesSkill] : [];
  const theirs = agent.skills.filter(({ name }) => !ours.some((own) => own.name === name));
  return [...ownFiles.map((path) => ({ path, content: content[path] })), ...[...theirs, ...ours].map(skillFile)];
}

const colleagueFiles = (agent: AgentDefinition, callsControlPlane: boolean) => ({
  'AGENTS.md': instructions(agent, [...ownFiles, sessionContextFile], callsControlPlane),
  'IDENTITY.md': identity(agent),
  'USER.md': user(agent),
  'TOOLS.md': surroundings(agent.tools),
});

/** OpenClaw lists what is in the workspace's `skills` beside its own, and finds a skill by the name of its folder. */
function skillFile({ name, content }: AgentSkill): WorkspaceFile {
  return { path: `skills/${skillName.parse(name)}/SKILL.md`, content };
}

function identity(agent: AgentDefinition): string {
  return `# Identity

- **Name:** ${oneLine(agent.name)}
- **Represents:** ${oneLine(agent.owner.name)}
- **Position:** ${oneLine(agent.owner.position)}
- **Department:** ${oneLine(agent.owner.department)}
- **Company:** ${oneLine(agent.organization.name)}
- **Platform:** Clawpool
`;
}

function user({ owner, timezone }: AgentDefinition): string {
  const topics = owner.contactFor.map((topic) => oneLine(topic, 60)).filter((topic) => topic !== '');
  return `# The person you represent

- **Name:** ${oneLine(owner.name)}
- **E-mail:** ${oneLine(owner.email)}
- **Position:** ${oneLine(owner.position)}
- **Department:** ${oneLine(owner.department)}
- **Time zone:** ${oneLine(timezone)}
${topics.length > 0 ? `- **Others ask them about:** ${topics.join(', ')}\n` : ''}`;
}

function surroundings(tools: readonly ToolName[]): string {
  const runs = tools.includes('shell') || tools.includes('code_execution');
  const files = runs || tools.includes('file') || tools.includes('file_write');
  const facts = [
    ...(files
      ? ['Your workspace is a folder of your own; nobody else can see it, and you can see nobody else’s.']
      : []),
    ...(runs
      ? [
          'Commands run in a sandbox without a network: nothing can be downloaded, installed or sent from it.',
          'The workspace is a git repository where git is installed.',
        ]
      : []),
    ...(files ? [] : ['You have no workspace tools: you answer from what you know and what you are told.']),
  ];
  return `# Your surroundings\n\n${facts.map((fact) => `- ${fact}\n`).join('')}`;
}
