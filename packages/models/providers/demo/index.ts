import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelEvent, ModelRequest } from '../../exchange.ts';
import { textOf } from '../../exchange.ts';
import type { Language } from '../../language.ts';
import { languageOf } from '../../language.ts';
import type { ModelProvider } from '../provider.ts';
import type { Intent } from './intents.ts';
import { intentOf } from './intents.ts';
import { personaOf } from './persona.ts';
import type { ToolOutcome } from './replies.ts';
import { droppedCallReply, replyTo, summaryReply, toolReply } from './replies.ts';
import type { DemoSettings } from './settings.ts';

/** How many prompts that led to a tool call are remembered. */
const rememberedPrompts = 1_000;

type Answer = { text: string } | { tool: string; arguments: Record<string, string> };

/**
 * A deterministic model without a vendor: it answers from its system prompt, and asks for a tool when the person plainly does,
 * whether or not the tool was offered. A model that has been talked into something does the same, and what must hold then is the
 * gateway.
 */
export function createDemoProvider(settings: DemoSettings): ModelProvider {
  /** Prompts of a turn that were answered with a tool call: a runtime that drops the call asks the same again, for ever. */
  const answeredWithTool = new Set<string>();

  const decide = (request: ModelRequest, turn: string | null): Answer => {
    const answer = answerTo(request);
    if ('text' in answer || turn === null) return answer;
    const prompt = createHash('sha256').update(turn).update(JSON.stringify(request.messages)).digest('base64');
    if (answeredWithTool.has(prompt)) return { text: droppedCallReply(answer.tool, languageOf(request)) };
    answeredWithTool.add(prompt);
    const oldest = answeredWithTool.values().next();
    if (answeredWithTool.size > rememberedPrompts && !oldest.done) answeredWithTool.delete(oldest.value);
    return answer;
  };

  return {
    async *stream(request, { signal, turn }): AsyncGenerator<ModelEvent> {
      const answer = decide(request, turn);
      if ('tool' in answer) {
        const argumentsText = JSON.stringify(answer.arguments);
        const id = `call_${createHash('sha256').update(argumentsText).digest('hex').slice(0, 12)}_${request.messages.length}`;
        yield { type: 'tool_call', index: 0, id, name: answer.tool };
        yield { type: 'tool_arguments', index: 0, text: argumentsText };
        yield { type: 'end', reason: 'tool_calls', usage: null };
        return;
      }
      let first = true;
      for (const text of piecesOf(answer.text)) {
        if (!first && settings.pauseMs > 0) await sleep(settings.pauseMs, undefined, { signal });
        first = false;
        signal.throwIfAborted();
        yield { type: 'text', text };
      }
      yield { type: 'end', reason: 'stop', usage: null };
    },
  };
}

function answerTo(request: ModelRequest): Answer {
  const language = languageOf(request);
  const outcomes = outcomesOf(request);
  if (outcomes.length > 0) return { text: toolReply(outcomes, language) };
  const message = lastMessage(request);
  if (/\bsummariz(?:e|ation)\b/i.test(request.system.slice(0, 300))) return { text: summaryReply(message) };
  return answerFor(intentOf(message), request, language);
}

function answerFor(intent: Intent, request: ModelRequest, language: Language): Answer {
  switch (intent.kind) {
    case 'run':
      return { tool: 'exec', arguments: { command: intent.command } };
    case 'read':
      return { tool: 'read', arguments: { path: intent.path } };
    case 'write':
      return { tool: 'write', arguments: { path: intent.path, content: intent.content } };
    default:
      return { text: replyTo(intent, personaOf(request.system), language) };
  }
}

/** The results of the calls that the model made last, if nothing has been said since. */
function outcomesOf(request: ModelRequest): ToolOutcome[] {
  const results = [];
  for (let index = request.messages.length - 1; index >= 0; index -= 1) {
    const message = request.messages[index];
    if (message?.role !== 'tool') break;
    results.unshift(message);
  }
  const caller = request.messages.at(-1 - results.length);
  const calls = caller?.role === 'assistant' ? caller.content.filter((part) => part.type === 'tool_call') : [];
  return results.map((result) => {
    const call = calls.find((candidate) => candidate.id === result.callId) ?? calls[0];
    return {
      tool: call?.name ?? 'tool',
      argumentsText: call?.argumentsText ?? '',
      output: textOf(result.content),
      isError: result.isError,
    };
  });
}

/** OpenClaw writes the time before what the person wrote: `[Sat 2026-11-21 01:56 UTC] hello`. */
function lastMessage(request: ModelRequest): string {
  const message = request.messages.findLast(({ role }) => role === 'user');
  return message ? textOf(message.content).replace(/^\s*\[[^\]\n]{0,60}\d{4}-\d{2}-\d{2}[^\]\n]{0,60}\]\s*/, '') : '';
}

/** A few words at a time, or a few characters of a script without spaces. */
function piecesOf(text: string): string[] {
  return text.match(/(?:[^\s\p{Script=Han}]+\s*){1,3}|[\p{Script=Han}]{1,6}\s*|\s+/gu) ?? [];
}
