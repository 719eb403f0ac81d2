import { randomUUID } from 'node:crypto';
import type { AnswerEvent } from '../../attempts.ts';
import type { FinishReason, TokenUsage } from '../../exchange.ts';
import type { DecodedRequest, DocumentEncoder, FrontError, StreamEncoder } from '../front.ts';

/** https://platform.openai.com/docs/api-reference/chat-streaming */
export function createChatCompletionStream(decoded: DecodedRequest): StreamEncoder {
  const id = `chatcmpl-${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  let model = '';
  const chunk = (delta: Record<string, unknown>, finish_reason: string | null = null) =>
    line({ id, object: 'chat.completion.chunk', created, model, choices: [{ index: 0, delta, finish_reason }] });

  return {
    keepAlive: ': waiting for the model\n\n',
    encode(event) {
      switch (event.type) {
        case 'start':
          model = event.model;
          return chunk({ role: 'assistant', content: '' });
        case 'text':
          return chunk({ content: event.text });
        case 'reasoning':
          return event.text === '' ? '' : chunk({ reasoning_content: event.text });
        case 'tool_call':
          return chunk({ tool_calls: [toolCall(event.index, { id: event.id, name: event.name })] });
        case 'tool_arguments':
          return chunk({ tool_calls: [{ index: event.index, function: { arguments: event.text } }] });
        case 'end': {
          const usage =
            decoded.includeUsage && event.usage
              ? line({ id, object: 'chat.completion.chunk', created, model, choices: [], usage: usageOf(event.usage) })
              : '';
          return `${chunk({}, finishReason(event.reason))}${usage}data: [DONE]\n\n`;
        }
      }
    },
    // OpenClaw 2026.6.35 takes an answer that breaks off for a complete one unless the error is of this type and code.
    fail: ({ message }) =>
      `${line({ error: { message, type: 'server_error', param: null, code: 'server_error' } })}data: [DONE]\n\n`,
  };
}

/** https://platform.openai.com/docs/api-reference/chat/object */
export function createChatCompletionDocument(): DocumentEncoder {
  const calls: { id: string; type: 'function'; function: { name: string; arguments: string } }[] = [];
  let model = '';
  let text = '';
  let reasoning = '';
  let end: Extract<AnswerEvent, { type: 'end' }> | undefined;
  return {
    add(event) {
      if (event.type === 'start') model = event.model;
      else if (event.type === 'text') text += event.text;
      else if (event.type === 'reasoning') reasoning += event.text;
      else if (event.type === 'tool_call') {
        calls[event.index] = { id: event.id, type: 'function', function: { name: event.name, arguments: '' } };
      } else if (event.type === 'tool_arguments') {
        const call = calls[event.index];
        if (call) call.function.arguments += event.text;
      } else end = event;
    },
    document() {
      const message = {
        role: 'assistant',
        content: text === '' && calls.length > 0 ? null : text,
        refusal: null,
        ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
      };
      return {
        id: `chatcmpl-${randomUUID()}`,
        object: 'chat.completion',
        created: Math.floor(Date.now() / 1000),
        model,
        choices: [{ index: 0, message, finish_reason: finishReason(end?.reason ?? 'stop'), logprobs: null }],
        ...(end?.usage ? { usage: usageOf(end.usage) } : {}),
      };
    },
  };
}

/** https://platform.openai.com/docs/guides/error-codes */
export function openaiError(error: FrontError): unknown {
  const types: Record<FrontError['kind'], string> = {
    authentication: 'invalid_request_error',
    permission: 'invalid_request_error',
    not_found: 'invalid_request_error',
    invalid_request: 'invalid_request_error',
    too_large: 'invalid_request_error',
    model_failure: 'model_failure',
  };
  return { error: { message: error.message, type: types[error.kind], param: null, code: error.code } };
}

function line(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function toolCall(index: number, call: { id: string; name: string }) {
  return { index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } };
}

function usageOf(usage: TokenUsage) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
  };
}

function finishReason(reason: FinishReason): string {
  return reason === 'refused' ? 'content_filter' : reason;
}
