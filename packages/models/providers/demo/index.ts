import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelEvent, ModelMessage, ModelRequest } from '../../exchange.ts';
import { textOf } from '../../exchange.ts';
import type { Language } from '../../language.ts';
import { languageOf } from '../../language.ts';
import type { ModelProvider } from '../provider.ts';
import type { FramedMessage } from './framing.ts';
import { unframed } from './framing.ts';
import type { Intent } from './intents.ts';
import { intentOf } from './intents.ts';
import { personaOf } from './persona.ts';
import type { ToolOutcome } from './replies.ts';
import {
  droppedCallReply,
  noNotesReply,
  noRequestsReply,
  noSchedulesReply,
  replyTo,
  resumptionReply,
  summaryReply,
  toolReply,
} from './replies.ts';
import type { DemoSettings } from './settings.ts';

/** OpenClaw's names of the control plane's tools. */
const scheduleTool = 'clawpool__schedule_create';
const requestTool = 'clawpool__access_request';
const statusTool = 'clawpool__access_status';
const noteTool = 'clawpool__remember';
const notesTool = 'clawpool__recall';

/** How many prompts that led to a tool call are remembered. */
const rememberedPrompts = 1_000;

type Answer = { text: string } | { tool: string; arguments: Record<string, unknown> };

/**
 * A deterministic model without a vendor: it answers from its system prompt, and asks for a tool when the person plainly does,
 * whether or not the tool was offered. A model that has been talked into something does the same, and what must hold then is the
 * gateway.
 */
export function createDemoProvider(settings: DemoSettings, now: () => Date = () => new Date()): ModelProvider {
  /** Prompts of a turn that were answered with a tool call: a runtime that drops the call asks the same again, for ever. */
  const answeredWithTool = new Set<string>();

  const decide = (request: ModelRequest, turn: string | null): Answer => {
    const answer = answerTo(request, now());
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

function answerTo(request: ModelRequest, now: Date): Answer {
  const language = languageOf(request);
  const outcomes = outcomesAt(request.messages);
  if (outcomes.length > 0) return { text: toolReply(outcomes, language) };
  const { text, isResumption, hadActed } = lastMessage(request);
  if (/\bsummariz(?:e|ation)\b/i.test(request.system.slice(0, 300))) return { text: summaryReply(text) };
  if (isResumption && hadActed) return { text: resumptionReply(outcomesAt(request.messages.slice(0, -1)), language) };
  return answerFor(intentOf(text, now, personaOf(request.system).timezone), request, language);
}

function answerFor(intent: Intent, request: ModelRequest, language: Language): Answer {
  switch (intent.kind) {
    case 'schedule': {
      const isOffered = request.tools.some(({ name }) => name === scheduleTool);
      return isOffered
        ? { tool: scheduleTool, arguments: { ...intent.request } }
        : { text: noSchedulesReply(language) };
    }
    case 'request':
    case 'requests': {
      const tool = intent.kind === 'request' ? requestTool : statusTool;
      const isOffered = request.tools.some(({ name }) => name === tool);
      if (!isOffered) return { text: noRequestsReply(language) };
      return { tool, arguments: intent.kind === 'request' ? { ...intent.request } : {} };
    }
    case 'remember':
    case 'recall': {
      const tool = intent.kind === 'remember' ? noteTool : notesTool;
      if (!request.tools.some(({ name }) => name === tool)) return { text: noNotesReply(language) };
      return { tool, arguments: intent.kind === 'remember' ? { text: intent.text } : {} };
    }
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
function outcomesAt(messages: readonly ModelMessage[]): ToolOutcome[] {
  const results = [];
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (message?.role !== 'tool') break;
    results.unshift(message);
  }
  const caller = messages.at(-1 - results.length);
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

function lastMessage(request: ModelRequest): FramedMessage {
  const message = request.messages.findLast(({ role }) => role === 'user');
  return unframed(message ? textOf(message.content) : '');
}

/** A few words at a time, or a few characters of a script without spaces. */
function piecesOf(text: string): string[] {
  return text.match(/(?:[^\s\p{Script=Han}]+\s*){1,3}|[\p{Script=Han}]{1,6}\s*|\s+/gu) ?? [];
}
