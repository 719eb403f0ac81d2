import Anthropic from '@anthropic-ai/sdk';
import type { FinishReason, ModelEvent, TokenUsage } from '../../exchange.ts';
import type { ModelProvider } from '../provider.ts';
import { explainVendorError, readClientError } from '../provider.ts';
import { messagesBody } from './request.ts';
import type { AnthropicSettings } from './settings.ts';

const anthropicBaseUrl = 'https://api.anthropic.com';

/** The Messages API over the official client. */
export function createAnthropicProvider(settings: AnthropicSettings): ModelProvider {
  const client = new Anthropic({
    apiKey: settings.apiKey,
    baseURL: settings.baseUrl ?? anthropicBaseUrl,
    // Said here so that the client does not look for it in the environment.
    authToken: null,
    logLevel: 'off',
    // The gateway retries, for all providers alike.
    maxRetries: 0,
  });
  const caching = settings.baseUrl === undefined;

  return {
    async *stream(request, call) {
      try {
        const events = await client.messages.create(messagesBody(request, call.model, caching), {
          signal: call.signal,
        });
        yield* eventsOf(events);
      } catch (error) {
        throw explainVendorError(readClientError(error, 'Anthropic', call.model));
      }
    },
  };
}

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
async function* eventsOf(events: AsyncIterable<Anthropic.RawMessageStreamEvent>): AsyncGenerator<ModelEvent> {
  let reason: FinishReason | null = null;
  const usage = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0 };
  const count = (counted: {
    input_tokens?: number | null;
    cache_read_input_tokens?: number | null;
    cache_creation_input_tokens?: number | null;
    output_tokens?: number | null;
  }) => {
    usage.inputTokens = counted.input_tokens ?? usage.inputTokens;
    usage.cacheReadTokens = counted.cache_read_input_tokens ?? usage.cacheReadTokens;
    usage.cacheWriteTokens = counted.cache_creation_input_tokens ?? usage.cacheWriteTokens;
    usage.outputTokens = counted.output_tokens ?? usage.outputTokens;
  };

  for await (const event of events) {
    switch (event.type) {
      case 'message_start':
        count(event.message.usage);
        break;
      case 'content_block_start':
        if (event.content_block.type === 'tool_use') {
          yield { type: 'tool_call', index: event.index, id: event.content_block.id, name: event.content_block.name };
        } else if (event.content_block.type === 'redacted_thinking') {
          yield { type: 'reasoning', text: '', signature: null, redacted: event.content_block.data };
        }
        break;
      case 'content_block_delta':
        if (event.delta.type === 'text_delta') yield { type: 'text', text: event.delta.text };
        else if (event.delta.type === 'input_json_delta') {
          if (event.delta.partial_json !== '') {
            yield { type: 'tool_arguments', index: event.index, text: event.delta.partial_json };
          }
        } else if (event.delta.type === 'thinking_delta') {
          yield { type: 'reasoning', text: event.delta.thinking, signature: null, redacted: null };
        } else if (event.delta.type === 'signature_delta') {
          yield { type: 'reasoning', text: '', signature: event.delta.signature, redacted: null };
        }
        break;
      case 'message_delta':
        count(event.usage);
        if (event.delta.stop_reason) reason = reasonOf(event.delta.stop_reason);
        break;
      case 'message_stop':
        if (reason !== null) yield { type: 'end', reason, usage: totalOf(usage) };
        return;
    }
  }
}

/** Anthropic counts what it reads from and writes to the cache apart from the other input. */
function totalOf(usage: {
  inputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  outputTokens: number;
}): TokenUsage {
  return {
    inputTokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
    outputTokens: usage.outputTokens,
    cachedInputTokens: usage.cacheReadTokens,
  };
}

function reasonOf(reason: Anthropic.StopReason): FinishReason {
  switch (reason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'refusal':
      return 'refused';
    default:
      return 'stop';
  }
}
