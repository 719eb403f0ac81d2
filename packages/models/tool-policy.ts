import type { TenantModelPolicy } from '@clawpool/contracts';
import type { ModelEvent, ModelRequest } from './exchange.ts';
import type { Language } from './language.ts';

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

export interface EnforcementOptions {
  policy: TenantModelPolicy;
  language: Language;
  /** Called, and awaited, for every forbidden call before the person is told, also when the answer breaks off. */
  refuse(tool: string, argumentsText: string): Promise<void>;
  /** Awaited for every allowed call before anything of it goes downstream; rejecting ends the answer. */
  allow(tool: string, argumentsText: string): Promise<void>;
}

/** An allowed call that is held back until enough of its arguments is there to be recorded. */
interface HeldCall {
  call: Extract<ModelEvent, { type: 'tool_call' }>;
  argumentsText: string;
}

/**
 * Lets an answer through without the tool calls that the policy forbids: not one byte of them goes downstream. They are replaced
 * by a sentence for the person, and the answer ends as a plain one unless an allowed call remains. Allowed calls are
 * numbered anew, without gaps, and held back until they have been recorded; text never is.
 */
export async function* enforceToolPolicy(
  events: AsyncIterable<ModelEvent>,
  options: EnforcementOptions,
): AsyncGenerator<ModelEvent> {
  const withheld = new Map<number, { name: string; argumentsText: string }>();
  const numbers = new Map<number, number>();
  /** By the model's number, in the order in which they came. */
  const held = new Map<number, HeldCall>();
  let wroteText = false;

  const recordWithheld = async (): Promise<string[]> => {
    const calls = [...withheld.values()];
    withheld.clear();
    for (const call of calls) await options.refuse(call.name, call.argumentsText);
    return [...new Set(calls.map((call) => call.name))];
  };

  /** Those that came before one, and that one; all where none is named. */
  async function* letThrough(last?: number): AsyncGenerator<ModelEvent> {
    for (const [index, { call, argumentsText }] of [...held]) {
      held.delete(index);
      await options.allow(call.name, argumentsText.slice(0, recordedArguments));
      yield call;
      if (argumentsText !== '') yield { type: 'tool_arguments', index: call.index, text: argumentsText };
      if (index === last) return;
    }
  }

  try {
    for await (const event of events) {
      if (event.type === 'tool_call') {
        if (!options.policy.tools.has(event.name)) {
          withheld.set(event.index, { name: event.name, argumentsText: '' });
        } else {
          const index = numbers.size;
          numbers.set(event.index, index);
          held.set(event.index, { call: { ...event, index }, argumentsText: '' });
        }
      } else if (event.type === 'tool_arguments') {
        const forbidden = withheld.get(event.index);
        const waiting = held.get(event.index);
        const index = numbers.get(event.index);
        if (waiting) {
          waiting.argumentsText += event.text;
          if (waiting.argumentsText.length >= recordedArguments) yield* letThrough(event.index);
        } else if (forbidden) {
          forbidden.argumentsText = (forbidden.argumentsText + event.text).slice(0, keptArguments);
        } else if (index !== undefined) {
          yield { ...event, index };
        }
      } else if (event.type === 'end') {
        yield* letThrough();
        const refused = await recordWithheld();
        if (refused.length > 0) {
          const sentence = refusalSentence(refused, options.policy.positionName, options.language);
          yield { type: 'text', text: wroteText ? `\n\n${sentence}` : sentence };
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

/** What the person reads instead of a forbidden call. */
function refusalSentence(tools: readonly string[], positionName: string, language: Language): string {
  if (language === 'zh') {
    return `我不能使用 ${tools.join('、')}：职位“${positionName}”不允许。如有需要，请联系你的经理或 IT 部门。`;
  }
  const names = tools.length < 2 ? tools.join('') : `${tools.slice(0, -1).join(', ')} or ${tools.at(-1)}`;
  const them = tools.length < 2 ? 'it' : 'them';
  return `I may not use ${names}: the position ${positionName} does not allow ${them}. Ask your manager or IT if you need ${them}.`;
}
