import type { OpenAI } from 'openai';
import type { ContentPart, ModelMessage, ModelRequest } from '../../exchange.ts';
import { textOf } from '../../exchange.ts';

type Body = OpenAI.ChatCompletionCreateParamsStreaming;
type Message = OpenAI.ChatCompletionMessageParam;

/**
 * What a server has turned out not to accept, learned from its answer 400 and remembered per model. Servers that call
 * themselves compatible differ in exactly these, and so do OpenAI's own models.
 */
export type Quirk =
  | 'max_tokens'
  | 'max_completion_tokens'
  | 'temperature'
  | 'stop'
  | 'stream_options'
  | 'reasoning_effort';

const quirks: readonly Quirk[] = [
  // Before max_tokens and the rest: OpenAI's sentence about reasoning names no other of these.
  'reasoning_effort',
  'max_completion_tokens',
  'max_tokens',
  'temperature',
  'stop',
  'stream_options',
];

/** The parameter that an error 400 is about, if it is one that can be left out. */
export function quirkOf(error: { param?: string | null | undefined; message: string }): Quirk | null {
  const named = quirks.find((quirk) => quirk === error.param);
  if (named) return named;
  if (error.param) return null;
  return quirks.find((quirk) => error.message.includes(`'${quirk}'`) || error.message.includes(`"${quirk}"`)) ?? null;
}

/** A chat completions request (https://platform.openai.com/docs/api-reference/chat/create). */
export function chatCompletionsBody(request: ModelRequest, model: string, known: ReadonlySet<Quirk>): Body {
  const body: Body = { model, stream: true, messages: messagesOf(request) };
  if (!known.has('stream_options')) body.stream_options = { include_usage: true };
  if (request.tools.length > 0) {
    body.tools = request.tools.map((tool) => ({
      type: 'function',
      function: { name: tool.name, description: tool.description, parameters: tool.parameters },
    }));
    body.tool_choice =
      typeof request.toolChoice === 'string'
        ? request.toolChoice
        : { type: 'function', function: { name: request.toolChoice.name } };
    // Since GPT-5.6, OpenAI's models call functions over chat completions only when they do not reason.
    if (known.has('reasoning_effort')) body.reasoning_effort = 'none';
  }
  if (request.maxTokens !== null) {
    if (!known.has('max_completion_tokens')) body.max_completion_tokens = request.maxTokens;
    else if (!known.has('max_tokens')) body.max_tokens = request.maxTokens;
  }
  if (request.temperature !== null && !known.has('temperature')) body.temperature = request.temperature;
  if (request.stop.length > 0 && !known.has('stop')) body.stop = [...request.stop];
  return body;
}

function messagesOf(request: ModelRequest): Message[] {
  const messages: Message[] = [];
  if (request.system !== '') messages.push({ role: 'system', content: request.system });
  let images: ContentPart[] = [];
  for (const message of request.messages) {
    if (message.role !== 'tool' && images.length > 0) {
      messages.push(imagesOfTools(images));
      images = [];
    }
    messages.push(messageOf(message));
    // A tool message holds text only; its images follow as the user's, after the last result that belongs together.
    if (message.role === 'tool') images.push(...message.content.filter((part) => part.type === 'image'));
  }
  if (images.length > 0) messages.push(imagesOfTools(images));
  return messages;
}

function imagesOfTools(images: readonly ContentPart[]): Message {
  return { role: 'user', content: [{ type: 'text', text: 'Images from the tool result:' }, ...images.map(partOf)] };
}

function messageOf(message: ModelMessage): Message {
  if (message.role === 'tool') {
    return { role: 'tool', tool_call_id: message.callId, content: textOf(message.content) };
  }
  if (message.role === 'user') {
    const onlyText = message.content.length === 1 && message.content[0]?.type === 'text';
    return { role: 'user', content: onlyText ? textOf(message.content) : message.content.map(partOf) };
  }
  const calls = message.content.filter((part) => part.type === 'tool_call');
  const text = textOf(message.content);
  // DeepSeek and vLLM want back what a model thought before it called a tool; what is signed belongs to another vendor.
  const reasoning = message.content
    .filter((part) => part.type === 'reasoning' && part.signature === null && part.redacted === null)
    .map((part) => (part.type === 'reasoning' ? part.text : ''))
    .join('');
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text,
    ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map((call) => ({
            id: call.id,
            type: 'function' as const,
            function: { name: call.name, arguments: call.argumentsText },
          })),
        }),
  };
}

function partOf(part: ContentPart): OpenAI.ChatCompletionContentPart {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const url = part.source.kind === 'url' ? part.source.url : `data:${part.source.mediaType};base64,${part.source.data}`;
  return { type: 'image_url', image_url: { url } };
}
