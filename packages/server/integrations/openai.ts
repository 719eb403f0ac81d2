import { ClawpoolError } from '@clawpool/contracts';
import { z } from 'zod';

/**
 * The part of OpenAI's chat completions API (https://platform.openai.com/docs/api-reference/chat/create) that means something for an
 * agent. How it samples, how long it answers and which tools it has is decided by its organization: those fields are taken and not
 * looked at.
 */
export const chatCompletionBody = z.object({
  model: z.string().min(1).max(128),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
        name: z.string().nullish(),
        content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
        refusal: z.string().nullish(),
      }),
    )
    .min(1)
    .max(2_000),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  user: z.string().trim().max(128).nullish(),
  n: z.int().nullish(),
  tool_choice: z.unknown().optional(),
  response_format: z.object({ type: z.string() }).nullish(),
});
export type ChatCompletionBody = z.infer<typeof chatCompletionBody>;

type ChatMessage = ChatCompletionBody['messages'][number];

/** A request that is refused, with the place in it as OpenAI names them: `messages.0.content.1`. */
export class UnusableRequest extends ClawpoolError {
  readonly param: string;

  constructor(param: string, message: string) {
    super('invalid_request', message);
    this.param = param;
  }
}

/**
 * What of a request is said to the agent: `last` is the new message, `whole` has the earlier ones as quoted context before it, marked as
 * OpenClaw's own chat completions mark them.
 *
 * @throws UnusableRequest: it asks for what an agent cannot do, or contains more than text
 */
export function readRequest(body: ChatCompletionBody): { last: string; whole: string } {
  refuseImpossible(body);
  const messages = body.messages.map((message, index) => ({ ...message, text: textOf(message, index) }));
  const last = messages.pop();
  if (last?.role !== 'user') {
    throw new UnusableRequest('messages', 'The last message has to be the user’s: it is what the agent answers.');
  }
  if (last.text.trim() === '') {
    throw new UnusableRequest(`messages.${messages.length}.content`, 'The last message is empty.');
  }
  const earlier = messages
    .filter(({ text }) => text !== '')
    .map(({ role, name, text }) => `${speakerOf(role, name)}: ${text}`);
  return {
    last: last.text,
    whole:
      earlier.length === 0
        ? last.text
        : `[Chat messages since your last reply - for context]\n${earlier.join('\n')}\n\n[Current message - respond to this]\n${last.text}`,
  };
}

function refuseImpossible({ n, tool_choice: choice, response_format: format }: ChatCompletionBody): void {
  if (n != null && n !== 1) throw new UnusableRequest('n', 'An agent gives one answer: n has to be 1.');
  if (choice != null && choice !== 'auto' && choice !== 'none') {
    throw new UnusableRequest('tool_choice', 'An agent has tools of its own, and cannot be made to call the client’s.');
  }
  if (format != null && format.type !== 'text') {
    throw new UnusableRequest('response_format', 'An agent answers in text: response_format has to be text.');
  }
}

function textOf({ content, refusal }: ChatMessage, index: number): string {
  if (content == null) return refusal ?? '';
  if (typeof content === 'string') return content;
  return content
    .map((part, at) => {
      if (part.type === 'text' && typeof part.text === 'string') return part.text;
      if (part.type === 'refusal' && typeof part.refusal === 'string') return part.refusal;
      throw new UnusableRequest(
        `messages.${index}.content.${at}`,
        `Content of type “${part.type}” cannot be sent to an agent this way: text only.`,
      );
    })
    .join('\n');
}

function speakerOf(role: ChatMessage['role'], name: string | null | undefined): string {
  const speaker = {
    system: 'System',
    developer: 'System',
    user: 'User',
    assistant: 'Assistant',
    tool: 'Tool',
    function: 'Tool',
  }[role];
  return name ? `${speaker} (${name})` : speaker;
}

/** A stream whose reader can only append, fed with an answer that may be begun again. */
export interface AppendOnlyText {
  add(text: string): void;
  /** What was added so far does not count. */
  restart(): void;
  /** The answer as it is stored: what of it the reader does not have yet is written. */
  end(answer: string): void;
}

/**
 * What was written cannot be taken back: after a restart nothing is written until the new text has come as far as the old one. When it
 * goes another way, the whole answer follows at the end, in a paragraph of its own.
 */
export function createAppendOnlyText(write: (text: string) => void): AppendOnlyText {
  let written = '';
  /** Since a restart; null: it goes on from what was written. */
  let again: string | null = null;

  const append = (text: string) => {
    written += text;
    if (text !== '') write(text);
  };
  return {
    add: (text) => {
      if (again === null) return append(text);
      again += text;
      if (again.length < written.length || !again.startsWith(written)) return;
      const rest = again.slice(written.length);
      again = null;
      append(rest);
    },
    restart: () => {
      if (written !== '') again = '';
    },
    end: (answer) => {
      if (answer.startsWith(written)) append(answer.slice(written.length));
      else if (again !== null) append(`\n\n${answer}`);
    },
  };
}
