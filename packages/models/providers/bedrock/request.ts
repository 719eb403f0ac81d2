import type {
  ContentBlock,
  ConverseStreamCommandInput,
  ImageFormat,
  Message,
  Tool,
  ToolChoice,
  ToolResultContentBlock,
} from '@aws-sdk/client-bedrock-runtime';
import type { ContentPart, ImagePart, ModelMessage, ModelRequest } from '../../exchange.ts';
import { argumentsObject, plainCallId, withToolsAsText } from '../../exchange.ts';

/** A ConverseStream request (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html). */
export function converseInput(request: ModelRequest, model: string): ConverseStreamCommandInput {
  const input: ConverseStreamCommandInput = {
    modelId: model,
    messages: messagesOf(request.tools.length > 0 ? request.messages : withToolsAsText(request.messages)),
    inferenceConfig: {
      ...(request.maxTokens === null ? {} : { maxTokens: request.maxTokens }),
      // Claude models since Opus 4.7 answer a temperature with an error; the others take it.
      ...(request.temperature === null || model.includes('anthropic.') ? {} : { temperature: request.temperature }),
      ...(request.stop.length === 0 ? {} : { stopSequences: [...request.stop] }),
    },
  };
  if (request.system !== '') input.system = [{ text: request.system }];
  if (request.tools.length > 0 && request.toolChoice !== 'none') {
    const tools = request.tools.map(
      (tool) =>
        ({
          toolSpec: {
            name: tool.name,
            // An empty description is refused.
            ...(tool.description === '' ? {} : { description: tool.description }),
            inputSchema: { json: { type: 'object', ...tool.parameters } },
          },
        }) as Tool,
    );
    input.toolConfig = { tools, toolChoice: toolChoiceOf(request) };
  }
  return input;
}

function toolChoiceOf(request: ModelRequest): ToolChoice {
  if (typeof request.toolChoice === 'object') return { tool: { name: request.toolChoice.name } };
  return request.toolChoice === 'required' ? { any: {} } : { auto: {} };
}

/** Converse wants the sides to alternate, so messages of one side that follow each other become one. */
function messagesOf(messages: readonly ModelMessage[]): Message[] {
  const result: { role: 'user' | 'assistant'; content: ContentBlock[] }[] = [];
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const content = blocksOf(message);
    if (content.length === 0) continue;
    const last = result.at(-1);
    if (last?.role === role) last.content.push(...content);
    else result.push({ role, content });
  }
  return result;
}

function blocksOf(message: ModelMessage): ContentBlock[] {
  if (message.role === 'user') return message.content.flatMap(contentBlock) as ContentBlock[];
  if (message.role === 'tool') {
    const content = message.content.flatMap(contentBlock);
    return [
      {
        toolResult: {
          toolUseId: plainCallId(message.callId),
          content: content.length === 0 ? [{ text: '(no output)' }] : content,
          ...(message.isError ? { status: 'error' as const } : {}),
        },
      },
    ];
  }
  return message.content.flatMap((part): ContentBlock[] => {
    if (part.type === 'text') return part.text.trim() === '' ? [] : [{ text: part.text }];
    // Thinking comes back from a runtime without knowing which vendor signed it, and Converse can do without.
    if (part.type === 'reasoning') return [];
    const input = argumentsObject(part.argumentsText) as never;
    return [{ toolUse: { toolUseId: plainCallId(part.id), name: part.name, input } }];
  });
}

/** Empty texts are left out: the API refuses them. */
function contentBlock(part: ContentPart): ToolResultContentBlock[] {
  if (part.type === 'text') return part.text.trim() === '' ? [] : [{ text: part.text }];
  return [imageBlock(part)];
}

function imageBlock(part: ImagePart): ToolResultContentBlock {
  const format = part.source.kind === 'base64' ? formatOf(part.source.mediaType) : null;
  if (part.source.kind === 'url' || format === null) {
    return {
      text: '[An image was left out: Amazon Bedrock takes PNG, JPEG, GIF and WebP images only, not addresses.]',
    };
  }
  return { image: { format, source: { bytes: Buffer.from(part.source.data, 'base64') } } };
}

function formatOf(mediaType: string): ImageFormat | null {
  switch (mediaType.toLowerCase()) {
    case 'image/png':
      return 'png';
    case 'image/jpeg':
    case 'image/jpg':
      return 'jpeg';
    case 'image/gif':
      return 'gif';
    case 'image/webp':
      return 'webp';
    default:
      return null;
  }
}
