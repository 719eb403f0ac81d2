import type Anthropic from '@anthropic-ai/sdk';
import type { AssistantPart, ContentPart, ModelMessage, ModelRequest } from '../../exchange.ts';
import { argumentsObject, plainCallId, withToolsAsText } from '../../exchange.ts';

type Body = Anthropic.MessageCreateParamsStreaming;
type Block = Anthropic.ContentBlockParam;

/** Messages requires a limit; OpenClaw sends one, and this is for callers that do not. */
const defaultMaxTokens = 8192;

/**
 * A Messages request (https://platform.claude.com/docs/en/api/messages/create). Temperature is not among its parameters since
 * API version 2026-10-21, which answers it with 400, so it is left out.
 */
export function messagesBody(request: ModelRequest, model: string, caching: boolean): Body {
  const body: Body = {
    model,
    stream: true,
    max_tokens: request.maxTokens ?? defaultMaxTokens,
    messages: messagesOf(request.tools.length > 0 ? request.messages : withToolsAsText(request.messages)),
  };
  if (request.system !== '') body.system = request.system;
  if (request.stop.length > 0) body.stop_sequences = [...request.stop];
  if (request.tools.length > 0) {
    body.tools = request.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      input_schema: { type: 'object', ...tool.parameters } as Anthropic.Tool.InputSchema,
    }));
    body.tool_choice = toolChoiceOf(request);
  }
  // An agent sends the same long beginning with every call; reading it from the cache costs a tenth.
  if (caching) body.cache_control = { type: 'ephemeral' };
  return body;
}

function toolChoiceOf(request: ModelRequest): Anthropic.ToolChoice {
  if (typeof request.toolChoice === 'object') return { type: 'tool', name: request.toolChoice.name };
  return { type: request.toolChoice === 'required' ? 'any' : request.toolChoice };
}

/** Tool results are user content here, and messages of one side that follow each other become one. */
function messagesOf(messages: readonly ModelMessage[]): Anthropic.MessageParam[] {
  const result: { role: 'user' | 'assistant'; content: Block[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = blocksOf(message);
    if (content.length === 0) continue;
    const last = result.at(-1);
    if (last?.role === role) last.content.push(...content);
    else result.push({ role, content });
  }
  return result as Anthropic.MessageParam[];
}

function blocksOf(message: ModelMessage): Block[] {
  if (message.role === 'user') return message.content.flatMap(contentBlock);
  if (message.role === 'assistant') return message.content.flatMap(assistantBlock);
  return [
    {
      type: 'tool_result',
      tool_use_id: plainCallId(message.callId),
      content: message.content.flatMap(contentBlock),
      ...(message.isError ? { is_error: true } : {}),
    },
  ];
}

/** Empty texts are left out: the API refuses them. */
function contentBlock(part: ContentPart): (Anthropic.TextBlockParam | Anthropic.ImageBlockParam)[] {
  if (part.type === 'text') return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }];
  if (part.source.kind === 'url') return [{ type: 'image', source: { type: 'url', url: part.source.url } }];
  const media_type = part.source.mediaType as Anthropic.Base64ImageSource['media_type'];
  return [{ type: 'image', source: { type: 'base64', media_type, data: part.source.data } }];
}

function assistantBlock(part: AssistantPart): Block[] {
  if (part.type === 'text') return contentBlock(part);
  if (part.type === 'tool_call') {
    return [
      { type: 'tool_use', id: plainCallId(part.id), name: part.name, input: argumentsObject(part.argumentsText) },
    ];
  }
  if (part.redacted !== null) return [{ type: 'redacted_thinking', data: part.redacted }];
  // Thinking without a signature is another vendor's; the API would refuse it.
  return part.signature ? [{ type: 'thinking', thinking: part.text, signature: part.signature }] : [];
}
