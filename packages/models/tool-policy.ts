import type { TenantModelPolicy, ToolRefusal } from '@clawpool/contracts';
import { commandRules, commandsOf, commandTools } from './command-rules.ts';
import type { ModelEvent, ModelRequest } from './exchange.ts';
import type { Language } from './language.ts';
import { toolSentences } from './refusal-sentence.ts';

/** How much of a refused call's arguments is kept for the audit log, in characters. */
const keptArguments = 500;
/** And of an allowed call's (`ToolCallRecord`). */
const recordedArguments = 200;

/** Leaves out the tools that the policy does not allow. `removed` names them, in the order in which they were offered. */
export function removeForbiddenTools(
  request: ModelRequest,
  allowed: ReadonlySet<string>,
): { request: ModelRequest; removed: string[] } {
  const removed = request.tools.filter((tool) => !allowed.has(tool.name)).map((tool) => tool.name);
  if (removed.length === 0) return { request, removed };
  const tools = request.tools.filter((tool) => allowed.has(tool.name));
  const choice = request.toolChoice;
  const stillPossible =
    typeof choice === 'string' ? choice !== 'required' || tools.length > 0 : allowed.has(choice.name);
  return { request: { ...request, tools, toolChoice: stillPossible ? choice : 'auto' }, removed };
}

/**
 * The policy as it is for one turn, or for calls of none: what was granted for a single turn is that turn's alone. A runtime that does not offer such a
 * tool (yet) would drop the call of it, and the grant would be spent for nothing.
 */
export function policyOfTurn(
  policy: TenantModelPolicy,
  runningTurnId: string | null,
  offered: ReadonlySet<string>,
): TenantModelPolicy {
  const { onceTools } = policy;
  if (!onceTools || onceTools.size === 0) return policy;
  const mayUse = (tool: string) => {
    const turnId = onceTools.get(tool);
    if (turnId === undefined) return true;
    return offered.has(tool) && runningTurnId !== null && (turnId === null || turnId === runningTurnId);
  };
  return { ...policy, tools: new Set([...policy.tools].filter(mayUse)) };
}

export interface EnforcementOptions {
  policy: TenantModelPolicy;
  language: Language;
  /** Called, and awaited, for every forbidden call before the person is told, also when the answer breaks off. */
  refuse(call: RefusedCall): Promise<void>;
  /** Awaited for every allowed call before anything of it goes downstream; rejecting ends the answer. */
  allow(tool: string, argumentsText: string): Promise<void>;
}

export type RefusedCall = Pick<ToolRefusal, 'tool' | 'argumentsText' | 'cause' | 'why'>;

/** A call that is held back: until enough of its arguments is there to be recorded, or, where they are a command, until they are complete. */
interface HeldCall {
  call: Extract<ModelEvent, { type: 'tool_call' }>;
  argumentsText: string;
  isCommand: boolean;
}

/**
 * Lets an answer through without the tool calls that the policy forbids: not one byte of them goes downstream. They are replaced
 * by a sentence for the person, and the answer ends as a plain one unless an allowed call remains. Allowed calls are
 * numbered anew, without gaps, and held back until they have been recorded; commands until they have been checked; text never is.
 */
export async function* enforceToolPolicy(
  events: AsyncIterable<ModelEvent>,
  options: EnforcementOptions,
): AsyncGenerator<ModelEvent> {
  const { policy } = options;
  const withheld = new Map<number, RefusedCall>();
  const numbers = new Map<number, number>();
  /** By the model's number, in the order in which they came. */
  const held = new Map<number, HeldCall>();
  let wroteText = false;

  const recordWithheld = async (): Promise<RefusedCall[]> => {
    const calls = [...withheld.values()];
    withheld.clear();
    for (const call of calls) await options.refuse(call);
    return calls;
  };

  /** In the order in which they came, as far as they may go: all at the end, before that none that waits for a command to be complete. */
  async function* letThrough(complete: boolean): AsyncGenerator<ModelEvent> {
    for (const [index, waiting] of [...held]) {
      if (!complete && (waiting.isCommand || waiting.argumentsText.length < recordedArguments)) return;
      held.delete(index);
      const { call } = waiting;
      const checked = waiting.isCommand ? checkCommand(waiting, policy) : waiting;
      if ('refused' in checked) {
        withheld.set(index, checked.refused);
        continue;
      }
      await options.allow(call.name, checked.argumentsText.slice(0, recordedArguments));
      const number = numbers.size;
      numbers.set(index, number);
      yield { ...call, index: number };
      if (checked.argumentsText !== '') yield { type: 'tool_arguments', index: number, text: checked.argumentsText };
    }
  }

  try {
    for await (const event of events) {
      if (event.type === 'tool_call') {
        const { index, name } = event;
        if (policy.tools.has(name)) {
          held.set(index, { call: event, argumentsText: '', isCommand: commandTools.has(name) });
        } else {
          withheld.set(index, { tool: name, argumentsText: '', cause: 'tool', why: null });
        }
      } else if (event.type === 'tool_arguments') {
        const forbidden = withheld.get(event.index);
        const waiting = held.get(event.index);
        const number = numbers.get(event.index);
        if (waiting) {
          waiting.argumentsText += event.text;
          yield* letThrough(false);
        } else if (forbidden) {
          forbidden.argumentsText = (forbidden.argumentsText + event.text).slice(0, keptArguments);
        } else if (number !== undefined) {
          yield { ...event, index: number };
        }
      } else if (event.type === 'end') {
        yield* letThrough(true);
        const refused = await recordWithheld();
        if (refused.length > 0) {
          const told = refusalText(refused, policy, options.language);
          yield { type: 'text', text: wroteText ? `\n\n${told}` : told };
        }
        yield refused.length > 0 && numbers.size === 0 ? { ...event, reason: 'stop' } : event;
      } else {
        if (event.type === 'text' && event.text !== '') wroteText = true;
        yield event;
      }
    }
  } finally {
    await recordWithheld();
  }
}

/** What goes downstream of a command's arguments, or why nothing does. */
function checkCommand(
  { call, argumentsText }: HeldCall,
  { refusedCommands = [] }: TenantModelPolicy,
): { argumentsText: string } | { refused: RefusedCall } {
  const refused = (why: string) => ({
    refused: { tool: call.name, argumentsText: argumentsText.slice(0, keptArguments), cause: 'command' as const, why },
  });
  const read = commandsOf(argumentsText);
  if (read === null) return refused('it is incomplete, and so cannot be checked');
  const rule = commandRules.refusedBy(read.commands, refusedCommands);
  return rule ? refused(rule.why) : read;
}

/** What the person reads instead of forbidden calls, and the agent in its history. */
function refusalText(refused: readonly RefusedCall[], policy: TenantModelPolicy, language: Language): string {
  const tools = [...new Set(refused.filter(({ cause }) => cause === 'tool').map(({ tool }) => tool))];
  const reasons = [...new Set(refused.flatMap(({ cause, why }) => (cause === 'command' && why ? [why] : [])))];
  return [...toolSentences(tools, policy, language), ...reasons.map((why) => commandSentence(why, language))].join(
    '\n\n',
  );
}

function commandSentence(why: string, language: Language): string {
  const reason = why.replace(/[.。!！\s]+$/u, '');
  return language === 'zh'
    ? `我没有执行这条命令：${reason}。任何职位都不允许这样的命令。`
    : `I did not run this command: ${reason}. No position allows such a command.`;
}
