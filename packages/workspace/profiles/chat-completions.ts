/** What is said to a gateway's chat completions and what it says, as far as the version lines agree. */
import { createHash } from 'node:crypto';
import type { AnswerEvent, GatewayRequest, TurnFailure, TurnInput } from '../profile.ts';
import { systemMessage, userMessage } from '../turn-text.ts';

// --- what is said to it ----------------------------------------------------------------------------------------------

export function turnRequest({ turnId, session, gatewayToken, ...said }: TurnInput): GatewayRequest {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    headers: {
      authorization: `Bearer ${gatewayToken}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
      'x-openclaw-session-key': sessionKey(session),
    },
    // Only the new message: OpenClaw keeps the session's history and would fold earlier ones into one text.
    body: JSON.stringify({
      model: 'openclaw',
      stream: true,
      messages: [
        { role: 'system', content: systemMessage(turnId, said.context, said.replaced) },
        { role: 'user', content: userMessage(said) },
      ],
    }),
  };
}

/** OpenClaw compares session keys without regard to case; a name that could collide gets a hash of its exact spelling. */
export function sessionKey(session: string): string {
  const plain = session.toLowerCase().replace(/[^a-z0-9_.-]+/gu, '-');
  if (plain === session && session.length <= 128) return `agent:main:clawpool:${session}`;
  const exact = createHash('sha256').update(session).digest('hex').slice(0, 16);
  return `agent:main:clawpool:${plain.slice(0, 96)}-${exact}`;
}

// --- what it says ----------------------------------------------------------------------------------------------------

export function answerEvent(data: string): AnswerEvent[] {
  if (data.trim() === '[DONE]') return [{ type: 'end' }];
  const event = parse(data);
  if (isRecord(event.error)) {
    return [{ type: 'failed', failure: failureOf(String(event.error.type ?? ''), String(event.error.message ?? '')) }];
  }
  const choice = Array.isArray(event.choices) ? event.choices[0] : undefined;
  const text = isRecord(choice) && isRecord(choice.delta) ? choice.delta.content : undefined;
  return typeof text === 'string' && text !== '' ? [{ type: 'delta', text }] : [];
}

export function answerFailure(text: string): TurnFailure | null {
  const plain = text.trim();
  if (plain === 'Error: internal error') return agentError('The agent’s gateway reported an internal error.');
  if (plain === '' || plain === 'No response from OpenClaw.')
    return agentError('The agent ended its turn without an answer.');
  if (plain.startsWith('Context overflow: ')) {
    return agentError('The conversation is too long for the agent’s model. Start a new conversation.');
  }
  return null;
}

export function refusal(status: number, body: string): TurnFailure {
  const { error } = parse(body);
  const type = isRecord(error) ? String(error.type ?? '') : '';
  const message = isRecord(error) ? String(error.message ?? '') : '';
  if (status === 503 && type === '') {
    return { reason: 'exited', message: 'The agent’s gateway is not ready.', retry: true };
  }
  if (status === 413) return agentError('The message is too large for the agent’s gateway.');
  return failureOf(type, message || `The agent’s gateway answered ${status}.`);
}

/** OpenClaw's own types of model failures; `api_error` covers both an unreachable provider and one that broke down. */
function failureOf(type: string, text: string): TurnFailure {
  const message = text.replace(/\s+/gu, ' ').trim().slice(0, 500);
  const because = message === '' ? '' : ` (${message})`;
  switch (type) {
    case 'authentication_error':
    case 'permission_error':
    case 'insufficient_quota':
      return {
        reason: 'model_refused_key',
        message: `The model provider refused the request${because}.`,
        retry: false,
      };
    case 'rate_limit_error':
      return {
        reason: 'model_rate_limited',
        message: `The model provider is limiting requests${because}.`,
        retry: false,
      };
    case 'api_error':
      return /timeout|overloaded|connection|unavailable/iu.test(message)
        ? { reason: 'model_unavailable', message: `The model provider cannot be reached${because}.`, retry: false }
        : { reason: 'model_error', message: `The model provider failed${because}.`, retry: false };
    default:
      return { reason: 'model_error', message: `The model call failed${because}.`, retry: false };
  }
}

const agentError = (message: string): TurnFailure => ({ reason: 'agent_error', message, retry: false });

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
