import { z } from 'zod';
import type {
  AssistantPart,
  ContentPart,
  ModelMessage,
  ModelRequest,
  ToolChoice,
  ToolDefinition,
} from '../../exchange.ts';
import type { DecodedRequest } from '../front.ts';
import { MalformedRequest } from '../front.ts';

/** The envelope only. Messages and tools are read as they are converted: checking a long history by schema costs more than the rest. */
const envelope = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  tools: z
    .array(
      z.looseObject({
        function: z
          .looseObject({
            name: z.string(),
            description: z.string().nullish(),
            parameters: z.record(z.string(), z.unknown()).nullish(),
          })
          .optional(),
      }),
    )
    .nullish(),
  tool_choice: z.union([z.enum(['auto', 'none', 'required']), z.looseObject({})]).nullish(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  temperature: z.number().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
  n: z.literal(1, { message: 'only one choice is supported' }).nullish(),
});
type Envelope = z.infer<typeof envelope>;
type WireMessage = Record<string, unknown>;

/** Decodes https://platform.openai.com/docs/api-reference/chat/create. Throws MalformedRequest. */
export function decodeChatCompletions(body: unknown): DecodedRequest {
  const parsed = envelope.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MalformedRequest(`${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is not valid'}`);
  }
  const wire = parsed.data;
  const system: string[] = [];
  const messages: ModelMessage[] = [];
  for (const [index, message] of wire.messages.entries()) {
    if (message.role === 'system' || message.role === 'developer') system.push(plainText(message.content));
    else messages.push(messageOf(message, index));
  }
  const request: ModelRequest = {
    system: system.filter((text) => text !== '').join('\n\n'),
    messages,
    tools: toolsOf(wire.tools),
    toolChoice: toolChoiceOf(wire.tool_choice),
    maxTokens: wire.max_completion_tokens ?? wire.max_tokens ?? null,
    temperature: wire.temperature ?? null,
    stop: typeof wire.stop === 'string' ? [wire.stop] : (wire.stop ?? []),
  };
  return { request, stream: wire.stream === true, includeUsage: wire.stream_options?.include_usage === true };
}

function messageOf(message: WireMessage, index: number): ModelMessage {
  switch (message.role) {
    case 'user':
      return { role: 'user', content: contentOf(message.content) };
    case 'assistant':
      return { role: 'assistant', content: assistantParts(message) };
    case 'tool':
    case 'function':
      return {
        role: 'tool',
        callId: String(message.tool_call_id ?? message.name ?? ''),
        content: contentOf(message.content),
        isError: false,
      };
    default:
      throw new MalformedRequest(`messages.${index}.role: unknown role`);
  }
}

function assistantParts(message: WireMessage): AssistantPart[] {
  const parts: AssistantPart[] = [];
  if (typeof message.reasoning_content === 'string' && message.reasoning_content !== '') {
    parts.push({ type: 'reasoning', text: message.reasoning_content, signature: null, redacted: null });
  }
  for (const part of contentOf(message.content)) if (part.type === 'text') parts.push(part);
  for (const call of Array.isArray(message.tool_calls) ? (message.tool_calls as WireMessage[]) : []) {
    const target = (call.function ?? {}) as WireMessage;
    parts.push({
      type: 'tool_call',
      id: String(call.id ?? ''),
      name: String(target.name ?? ''),
      argumentsText: typeof target.arguments === 'string' ? target.arguments : JSON.stringify(target.arguments ?? {}),
    });
  }
  return parts;
}

function contentOf(content: unknown): ContentPart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return (content as WireMessage[]).map((part): ContentPart => {
    if (part.type === 'text' || part.type === 'refusal') {
      return { type: 'text', text: String(part.text ?? part.refusal ?? '') };
    }
    const url = (part.image_url as { url?: unknown } | undefined)?.url;
    if (part.type === 'image_url' && typeof url === 'string') return imageOf(url);
    return {
      type: 'text',
      text: `[Content of the type ${String(part.type)} was left out: only text and images pass.]`,
    };
  });
}

function imageOf(url: string): ContentPart {
  const inline = /^data:([^;,]+);base64,(.*)$/s.exec(url);
  if (inline?.[1] === undefined || inline[2] === undefined) return { type: 'image', source: { kind: 'url', url } };
  return { type: 'image', source: { kind: 'base64', mediaType: inline[1], data: inline[2] } };
}

function plainText(content: unknown): string {
  return contentOf(content)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('\n');
}

function toolsOf(tools: Envelope['tools']): ToolDefinition[] {
  return (tools ?? []).flatMap((tool) =>
    tool.function
      ? [
          {
            name: tool.function.name,
            description: tool.function.description ?? '',
            parameters: tool.function.parameters ?? { type: 'object', properties: {} },
          },
        ]
      : [],
  );
}

function toolChoiceOf(choice: Envelope['tool_choice']): ToolChoice {
  if (typeof choice === 'string') return choice;
  const name = (choice as { function?: { name?: unknown } } | null | undefined)?.function?.name;
  return typeof name === 'string' ? { name } : 'auto';
}
