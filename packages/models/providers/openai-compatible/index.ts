import OpenAI from 'openai';
import type { FinishReason, ModelEvent, ModelRequest, TokenUsage } from '../../exchange.ts';
import type { ModelProvider, ProviderCall } from '../provider.ts';
import { explainVendorError, ProviderError, readClientError } from '../provider.ts';
import type { Quirk } from './request.ts';
import { chatCompletionsBody, quirkOf } from './request.ts';
import type { OpenAISettings } from './settings.ts';

const openaiBaseUrl = 'https://api.openai.com/v1';

/** Chat completions over the official client, for OpenAI and for servers that speak its protocol. */
export function createOpenAIProvider(settings: OpenAISettings): ModelProvider {
  const client = new OpenAI({
    apiKey: settings.apiKey,
    baseURL: settings.baseUrl ?? openaiBaseUrl,
    // Said here so that the client does not look for them in the environment.
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    // The gateway retries, for all providers alike.
    maxRetries: 0,
  });
  const vendor = settings.name ?? 'OpenAI';
  const quirks = new Map<string, Set<Quirk>>();

  const open = async (request: ModelRequest, call: ProviderCall) => {
    const known = quirks.get(call.model) ?? new Set<Quirk>(settings.baseUrl ? ['max_completion_tokens'] : []);
    quirks.set(call.model, known);
    for (;;) {
      try {
        return await client.chat.completions.create(chatCompletionsBody(request, call.model, known), {
          signal: call.signal,
        });
      } catch (error) {
        const quirk = error instanceof OpenAI.BadRequestError ? quirkOf(error) : null;
        if (quirk === null || known.has(quirk)) throw error;
        known.add(quirk);
      }
    }
  };

  return {
    async *stream(request, call) {
      try {
        yield* eventsOf(await open(request, call));
      } catch (error) {
        throw error instanceof ProviderError ? error : explainVendorError(readClientError(error, vendor, call.model));
      }
    },
  };
}

async function* eventsOf(chunks: AsyncIterable<OpenAI.ChatCompletionChunk>): AsyncGenerator<ModelEvent> {
  let reason: FinishReason | null = null;
  let usage: TokenUsage | null = null;
  /** Arguments that came before their call had a name; some servers send the name late. */
  const unnamed = new Map<number, { id: string; argumentsText: string }>();
  const named = new Set<number>();

  for await (const chunk of chunks) {
    if (chunk.usage) usage = usageOf(chunk.usage);
    const choice = chunk.choices?.[0];
    if (!choice) continue;
    const delta = choice.delta as OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning_content?: string | null };
    if (delta?.reasoning_content) {
      yield { type: 'reasoning', text: delta.reasoning_content, signature: null, redacted: null };
    }
    if (delta?.content) yield { type: 'text', text: delta.content };
    if (delta?.refusal) yield { type: 'text', text: delta.refusal };
    for (const call of delta?.tool_calls ?? []) {
      const index = call.index ?? 0;
      const name = call.function?.name;
      let argumentsText = call.function?.arguments ?? '';
      if (!named.has(index)) {
        const waiting = unnamed.get(index) ?? { id: '', argumentsText: '' };
        waiting.id ||= call.id ?? '';
        waiting.argumentsText += argumentsText;
        unnamed.set(index, waiting);
        if (!name) continue;
        named.add(index);
        unnamed.delete(index);
        argumentsText = waiting.argumentsText;
        yield { type: 'tool_call', index, id: waiting.id || `call_${index}`, name };
      }
      if (argumentsText !== '') yield { type: 'tool_arguments', index, text: argumentsText };
    }
    if (choice.finish_reason) reason = reasonOf(choice.finish_reason);
  }
  // Nothing more comes after the finish reason but usage, so waiting for the end of the stream delays no text.
  if (reason !== null)
    yield { type: 'end', reason: named.size > 0 && reason === 'stop' ? 'tool_calls' : reason, usage };
}

function usageOf(usage: OpenAI.CompletionUsage): TokenUsage {
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
  };
}

function reasonOf(reason: string): FinishReason {
  switch (reason) {
    case 'length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
      return 'tool_calls';
    case 'content_filter':
      return 'refused';
    default:
      return 'stop';
  }
}
