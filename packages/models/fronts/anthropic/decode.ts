import { z } from 'zod';
import type { AssistantPart, ContentPart, ModelMessage, ModelRequest, ToolChoice } from '../../exchange.ts';
import type { DecodedRequest } from '../front.ts';
import { MalformedRequest } from '../front.ts';

/** The envelope only; see the OpenAI front for why. */
const envelope = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string() })).min(1),
  max_tokens: z.number().int().positive(),
  system: z.union([z.string(), z.array(z.looseObject({}))]).nullish(),
  stream: z.boolean().nullish(),
  tools: z
    .array(
      z.looseObject({
        name: z.string(),
        description: z.string().nullish(),
        input_schema: z.record(z.string(), z.unknown()).nullish(),
      }),
    )
    .nullish(),
  tool_choice: z.looseObject({ type: z.string(), name: z.string().nullish() }).nullish(),
  temperature: z.number().nullish(),
  stop_sequences: z.array(z.string()).nullish(),
});
type Envelope = z.infer<typeof envelope>;
type Block = Record<string, unknown>;

/** Decodes https://platform.claude.com/docs/en/api/messages/create, of either API version. Throws MalformedRequest. */
export function decodeMessages(body: unknown): DecodedRequest {
  const parsed = envelope.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new MalformedRequest(`${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is not valid'}`);
  }
  const wire = parsed.data;
  const system = [plainText(wire.system)];
  const messages: ModelMessage[] = [];
  for (const [index, message] of wire.messages.entries()) {
    if (message.role === 'system') system.push(plainText(message.content));
    else messages.push(...messagesOf(message, index));
  }
  const request: ModelRequest = {
    system: system.filter((text) => text !== '').join('\n\n'),
    messages,
    tools: toolsOf(wire.tools),
    toolChoice: toolChoiceOf(wire.tool_choice),
    maxTokens: wire.max_tokens,
    temperature: wire.temperature ?? null,
    stop: wire.stop_sequences ?? [],
  };
  return { request, stream: wire.stream === true, includeUsage: true };
}

/** Tool results are blocks of a user message here, and messages of their own inside. */
function messagesOf(message: Block, index: number): ModelMessage[] {
  const blocks = blocksOf(message.content);
  if (message.role === 'assistant') return [{ role: 'assistant', content: blocks.flatMap(assistantPart) }];
  if (message.role !== 'user') throw new MalformedRequest(`messages.${index}.role: unknown role`);

  const results = blocks
    .filter((block) => block.type === 'tool_result')
    .map(
      (block): ModelMessage => ({
        role: 'tool',
        callId: String(block.tool_use_id ?? ''),
        content: blocksOf(block.content).map(contentPart),
        isError: block.is_error === true,
      }),
    );
  const content = blocks.filter((block) => block.type !== 'tool_result').map(contentPart);
  return content.length > 0 || results.length === 0 ? [...results, { role: 'user', content }] : results;
}

function assistantPart(block: Block): AssistantPart[] {
  switch (block.type) {
    case 'thinking': {
      const signature = typeof block.signature === 'string' && block.signature !== '' ? block.signature : null;
      return [{ type: 'reasoning', text: String(block.thinking ?? ''), signature, redacted: null }];
    }
    case 'redacted_thinking':
      return [{ type: 'reasoning', text: '', signature: null, redacted: String(block.data ?? '') }];
    case 'tool_use':
      return [
        {
          type: 'tool_call',
          id: String(block.id ?? ''),
          name: String(block.name ?? ''),
          argumentsText: JSON.stringify(block.input ?? {}),
        },
      ];
    default: {
      const part = contentPart(block);
      return part.type === 'text' ? [part] : [];
    }
  }
}

function contentPart(block: Block): ContentPart {
  if (block.type === 'text') return { type: 'text', text: String(block.text ?? '') };
  const source = block.source as { type?: string; media_type?: string; data?: string; url?: string } | undefined;
  if (block.type === 'image' && source?.type === 'url' && source.url) {
    return { type: 'image', source: { kind: 'url', url: source.url } };
  }
  if (block.type === 'image' && source?.type === 'base64' && source.media_type && source.data) {
    return { type: 'image', source: { kind: 'base64', mediaType: source.media_type, data: source.data } };
  }
  return { type: 'text', text: `[Content of the type ${String(block.type)} was left out: only text and images pass.]` };
}

function blocksOf(content: unknown): Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return Array.isArray(content) ? (content as Block[]) : [];
}

function plainText(content: unknown): string {
  return blocksOf(content)
    .map((block) => String(block.text ?? ''))
    .join('\n');
}

/** Tools without a schema run on the vendor's side; another provider could not run them, so they are not offered. */
function toolsOf(tools: Envelope['tools']) {
  return (tools ?? []).flatMap((tool) =>
    tool.input_schema ? [{ name: tool.name, description: tool.description ?? '', parameters: tool.input_schema }] : [],
  );
}

function toolChoiceOf(choice: Envelope['tool_choice']): ToolChoice {
  if (choice?.type === 'tool' && choice.name) return { name: choice.name };
  if (choice?.type === 'any') return 'required';
  return choice?.type === 'none' ? 'none' : 'auto';
}
