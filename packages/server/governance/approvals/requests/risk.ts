import {
  type AccessKind,
  longestGrantHours,
  longestHighRiskHours,
  type Risk,
  type RiskReason,
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

const tools: Readonly<Record<ToolName, { risk: Risk; code: RiskReason['code'] }>> = {
  shell: { risk: 'high', code: 'runs_commands' },
  code_execution: { risk: 'medium', code: 'runs_programs' },
  file_write: { risk: 'medium', code: 'changes_files' },
  browser: { risk: 'medium', code: 'opens_pages' },
  web_search: { risk: 'low', code: 'reads_what_is_public' },
  file: { risk: 'low', code: 'reads_its_workspace' },
};

const sentences: Readonly<Record<Exclude<RiskReason['code'], 'of_a_skill'>, string>> = {
  runs_commands: 'It runs any command in the agent’s workspace.',
  runs_programs: 'It runs programs that the agent writes.',
  changes_files: 'It changes files in the agent’s workspace.',
  opens_pages: 'It opens web pages, which may say what they like to the agent.',
  reads_what_is_public: 'It reads what is public.',
  reads_its_workspace: 'It reads the agent’s own workspace.',
  unknown_tool: 'Nobody knows this tool.',
  opens_a_domain: 'It opens every host below a name, also those that come later.',
  sends_out: 'The agent could send there whatever it knows.',
  is_a_text: 'It is a text that tells the agent how to do something.',
  without_end: 'It is asked for without an end.',
};

const steps: readonly Risk[] = ['low', 'medium', 'high'];

export interface Rating {
  risk: Risk;
  reasons: RiskReason[];
}

/** How much could go wrong, and why. Whatever is for good counts one step more. */
export function rateRisk(asked: AskedFor): Rating {
  const rated = rateThing(asked);
  if (asked.hours !== null) return rated;
  const raised = steps[Math.min(steps.indexOf(rated.risk) + 1, steps.length - 1)] ?? 'high';
  return { risk: raised, reasons: [...rated.reasons, reason('without_end')] };
}

/** The reasons in English. */
export const inWords = (reasons: readonly RiskReason[]): string =>
  reasons
    .map(({ code, tool }) => (code === 'of_a_skill' ? `It tells the agent how to use ${tool}.` : sentences[code]))
    .join(' ');

/** The longest that something may be granted for, in hours, when the grant ends at all. */
export const longestHours = (risk: Risk): number => (risk === 'high' ? longestHighRiskHours : longestGrantHours);

function rateThing({ kind, resource, needs = [] }: AskedFor): Rating {
  if (kind === 'tool') {
    const { risk, code } = tools[resource as ToolName] ?? { risk: 'high', code: 'unknown_tool' };
    return { risk, reasons: [reason(code)] };
  }
  if (kind === 'host') {
    return resource.startsWith('*.')
      ? { risk: 'high', reasons: [reason('opens_a_domain')] }
      : { risk: 'medium', reasons: [reason('sends_out')] };
  }
  const worst = [...needs].sort((a, b) => steps.indexOf(tools[b].risk) - steps.indexOf(tools[a].risk))[0];
  if (worst === undefined) return { risk: 'low', reasons: [reason('is_a_text')] };
  const { risk, code } = tools[worst];
  return { risk, reasons: [reason('of_a_skill', worst), reason(code)] };
}

const reason = (code: RiskReason['code'], tool: ToolName | null = null): RiskReason => ({ code, tool });
