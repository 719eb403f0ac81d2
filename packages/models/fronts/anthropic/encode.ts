import { randomUUID } from 'node:crypto';
import type { AnswerEvent } from '../../attempts.ts';
import type { FinishReason, TokenUsage } from '../../exchange.ts';
import { argumentsObject } from '../../exchange.ts';
import type { DocumentEncoder, FrontError, StreamEncoder } from '../front.ts';

type BlockKind = 'text' | 'thinking' | 'tool_use';

/** https://platform.claude.com/docs/en/build-with-claude/streaming */
export function createMessageStream(): StreamEncoder {
  /** The block that is open: its number on the wire, its kind and, for a tool call, the call's own number. */
  let open: { index: number; kind: BlockKind; call: number } | null = null;
  let blocks = 0;

  const close = (): string => {
    if (!open) return '';
    const { index } = open;
    open = null;
    return sse('content_block_stop', { index });
  };
  const enter = (kind: BlockKind, call: number, content_block: Record<string, unknown>): string => {
    const before = close();
    open = { index: blocks, kind, call };
    blocks += 1;
    return before + sse('content_block_start', { index: open.index, content_block });
  };
  const delta = (value: Record<string, unknown>) =>
    sse('content_block_delta', { index: open?.index ?? 0, delta: value });

  return {
    keepAlive: sse('ping', {}),
    encode(event) {
      switch (event.type) {
        case 'start':
          return sse('message_start', { message: messageObject(event.model, [], null, null) });
        case 'text': {
          const start = open?.kind === 'text' ? '' : enter('text', -1, { type: 'text', text: '', citations: null });
          return start + delta({ type: 'text_delta', text: event.text });
        }
        case 'reasoning': {
          if (event.redacted !== null) {
            const redacted = enter('thinking', -1, { type: 'redacted_thinking', data: event.redacted });
            return redacted + close();
          }
          const start =
            open?.kind === 'thinking' ? '' : enter('thinking', -1, { type: 'thinking', thinking: '', signature: '' });
          const text = event.text === '' ? '' : delta({ type: 'thinking_delta', thinking: event.text });
          // A signature is the last of its block.
          if (event.signature === null) return start + text;
          return start + text + delta({ type: 'signature_delta', signature: event.signature }) + close();
        }
        case 'tool_call':
          return enter('tool_use', event.index, { type: 'tool_use', id: event.id, name: event.name, input: {} });
        case 'tool_arguments':
          // Blocks come one after the other on this wire, so that calls which are told in turns cannot be passed on as they come.
          if (open?.kind !== 'tool_use' || open.call !== event.index) throw new Error('interleaved tool calls');
          return delta({ type: 'input_json_delta', partial_json: event.text });
        case 'end':
          return (
            close() +
            sse('message_delta', {
              delta: { stop_reason: stopReason(event.reason), stop_sequence: null },
              usage: usageOf(event.usage),
            }) +
            sse('message_stop', {})
          );
      }
    },
    fail: (error) => sse('error', anthropicError(error) as Record<string, unknown>),
  };
}

/** https://platform.claude.com/docs/en/api/messages */
export function createMessageDocument(): DocumentEncoder {
  const content: Record<string, unknown>[] = [];
  const calls = new Map<number, { block: Record<string, unknown>; argumentsText: string }>();
  let model = '';
  let end: Extract<AnswerEvent, { type: 'end' }> | undefined;

  const last = (type: string): Record<string, unknown> | undefined =>
    content.at(-1)?.type === type ? content.at(-1) : undefined;

  return {
    add(event) {
      if (event.type === 'start') model = event.model;
      else if (event.type === 'text') {
        const block = last('text');
        if (block) block.text = `${block.text}${event.text}`;
        else content.push({ type: 'text', text: event.text, citations: null });
      } else if (event.type === 'reasoning') {
        if (event.redacted !== null) content.push({ type: 'redacted_thinking', data: event.redacted });
        else {
          const unsigned = last('thinking')?.signature === '' ? last('thinking') : undefined;
          if (!unsigned) content.push({ type: 'thinking', thinking: event.text, signature: event.signature ?? '' });
          else {
            unsigned.thinking = `${unsigned.thinking}${event.text}`;
            unsigned.signature = event.signature ?? '';
          }
        }
      } else if (event.type === 'tool_call') {
        const block = { type: 'tool_use', id: event.id, name: event.name, input: {} };
        calls.set(event.index, { block, argumentsText: '' });
        content.push(block);
      } else if (event.type === 'tool_arguments') {
        const call = calls.get(event.index);
        if (call) call.argumentsText += event.text;
      } else end = event;
    },
    document() {
      for (const call of calls.values()) call.block.input = argumentsObject(call.argumentsText);
      return messageObject(model, content, stopReason(end?.reason ?? 'stop'), end?.usage ?? null);
    },
  };
}

/** https://platform.claude.com/docs/en/api/errors */
export function anthropicError(error: FrontError): unknown {
  const types: Record<FrontError['kind'], string> = {
    authentication: 'authentication_error',
    permission: 'permission_error',
    not_found: 'not_found_error',
    invalid_request: 'invalid_request_error',
    too_large: 'invalid_request_error',
    model_failure: 'api_error',
  };
  return {
    type: 'error',
    error: { type: types[error.kind], message: error.message, details: { error_code: error.code } },
    request_id: null,
  };
}

function sse(type: string, fields: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

function messageObject(
  model: string,
  content: readonly unknown[],
  stop_reason: string | null,
  usage: TokenUsage | null,
) {
  return {
    id: `msg_${randomUUID().replaceAll('-', '')}`,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason,
    stop_sequence: null,
    usage: usageOf(usage),
  };
}

/** Cache reads are counted apart from the other input here. */
function usageOf(usage: TokenUsage | null) {
  return {
    input_tokens: usage ? usage.inputTokens - usage.cachedInputTokens : 0,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage?.cachedInputTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
  };
}

function stopReason(reason: FinishReason): string {
  switch (reason) {
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
      return 'tool_use';
    case 'refused':
      return 'refusal';
    default:
      return 'end_turn';
  }
}
