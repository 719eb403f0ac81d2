import {
  type AccessKind,
  longestGrantHours,
  longestHighRiskHours,
  type Risk,
  type ToolName,
} from '@clawpool/contracts';

/** What is asked for, and for how long. */
export interface AskedFor {
  kind: AccessKind;
  resource: string;
  /** Null: for good. */
  hours: number | null;
  /** Of a skill: the tools that it says it needs. */
  needs?: readonly ToolName[];
}

const tools: Readonly<Record<ToolName, { risk: Risk; because: string }>> = {
  shell: { risk: 'high', because: 'It runs any command in the agent’s workspace.' },
  code_execution: { risk: 'medium', because: 'It runs programs that the agent writes.' },
  file_write: { risk: 'medium', because: 'It changes files in the agent’s workspace.' },
  browser: { risk: 'medium', because: 'It opens web pages, which may say what they like to the agent.' },
  web_search: { risk: 'low', because: 'It reads what is public.' },
  file: { risk: 'low', because: 'It reads the agent’s own workspace.' },
};

const steps: readonly Risk[] = ['low', 'medium', 'high'];

/** How much could go wrong, and why, in a sentence. Whatever is for good counts one step more. */
export function rateRisk(asked: AskedFor): { risk: Risk; because: string } {
  const rated = rateThing(asked);
  if (asked.hours !== null) return rated;
  const raised = steps[Math.min(steps.indexOf(rated.risk) + 1, steps.length - 1)] ?? 'high';
  return { risk: raised, because: `${rated.because} It is asked for without an end.` };
}

/** The longest that something may be granted for, in hours, when the grant ends at all. */
export const longestHours = (risk: Risk): number => (risk === 'high' ? longestHighRiskHours : longestGrantHours);

function rateThing({ kind, resource, needs = [] }: AskedFor): { risk: Risk; because: string } {
  if (kind === 'tool') return tools[resource as ToolName] ?? { risk: 'high', because: 'Nobody knows this tool.' };
  if (kind === 'host') {
    return resource.startsWith('*.')
      ? { risk: 'high', because: 'It opens every host below a name, also those that come later.' }
      : { risk: 'medium', because: 'The agent could send there whatever it knows.' };
  }
  const worst = [...needs].sort((a, b) => steps.indexOf(tools[b].risk) - steps.indexOf(tools[a].risk))[0];
  if (worst === undefined) return { risk: 'low', because: 'It is a text that tells the agent how to do something.' };
  return { risk: tools[worst].risk, because: `It tells the agent how to use ${worst}. ${tools[worst].because}` };
}
