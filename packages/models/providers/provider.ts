import type { ModelFailure } from '@clawpool/contracts';
import type { ModelEvent, ModelRequest } from '../exchange.ts';

/** What the gateway needs of a model vendor. To add one: a folder beside this file, and its line in `catalogue.ts`. */
export interface ModelProvider {
  /**
   * Streams one answer. Events come as the vendor sends them; nothing is held back but what the vendor's protocol forces.
   * Does not retry. Throws `ProviderError` for everything the vendor or the network does wrong; aborting the signal closes the
   * connection to the vendor.
   */
  stream(request: ModelRequest, call: ProviderCall): AsyncIterable<ModelEvent>;
}

export interface ProviderCall {
  /** The vendor's own name of the model: a reference `provider/model` without its first part. */
  model: string;
  signal: AbortSignal;
  /** Names what this call belongs to, for providers that remember something; null when it belongs to nothing. */
  turn: string | null;
}

/** A failed call in the gateway's words. `message` and `failure` never hold a key or what the vendor wrote. */
export class ProviderError extends Error {
  readonly failure: ModelFailure;
  /** Whether the same model may answer if asked again soon. */
  readonly retry: boolean;
  /** How long the vendor asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** The conversation does not fit the model: the runtime can shorten it and ask again. */
  readonly contextTooLong: boolean;

  constructor(
    failure: ModelFailure,
    options: { retry?: boolean; retryAfterMs?: number | null; contextTooLong?: boolean; cause?: unknown } = {},
  ) {
    super(failure.message, { cause: options.cause });
    this.name = 'ProviderError';
    this.failure = failure;
    this.retry = options.retry ?? false;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.contextTooLong = options.contextTooLong ?? false;
  }
}

/** What an adapter could read from its vendor's error. `text` is looked at, never shown. */
export interface VendorError {
  /** How people call the vendor: `Anthropic`. */
  vendor: string;
  model: string;
  /** Null: the vendor was not reached, or broke off. */
  status: number | null;
  /** The vendor's stable code or type, such as `insufficient_quota`. */
  code: string | null;
  /** The vendor's own sentence. */
  text: string;
  retryAfterMs: number | null;
  requestId: string | null;
}

/**
 * What a vendor's error means to the person who waits. Statuses follow RFC 9110 and the vendors' error pages, which agree on
 * 401/403 keys, 402 billing, 404 unknown model, 408/5xx/529 trouble on their side and 429 limits.
 */
export function explainVendorError(error: VendorError): ProviderError {
  const { vendor, model, status } = error;
  const code = error.code ?? '';
  const trace = traceOf(error);
  const context =
    /context_length|context window|prompt is too long|too many (input )?tokens|maximum context|input is too long/i;

  if (/insufficient_quota|billing|credit balance|spend_limit/i.test(`${code} ${error.text}`) || status === 402) {
    return new ProviderError({
      reason: 'model_unavailable',
      message: `The account at ${vendor} has no credit left or has reached its spending limit. Ask IT to check the billing there.${trace}`,
    });
  }
  if (status === 401 || status === 403) {
    return new ProviderError({
      reason: 'model_refused_key',
      message: `The model provider refused the key (${vendor}). Ask IT to check the key in Clawpool's settings and what it may use.${trace}`,
    });
  }
  if (status === 429) {
    return new ProviderError(
      {
        reason: 'model_rate_limited',
        message: `${vendor} is taking no more requests at the moment (rate limit). Please try again in a minute.${trace}`,
      },
      { retry: true, retryAfterMs: error.retryAfterMs },
    );
  }
  if (status === 404) {
    return new ProviderError({
      reason: 'model_unavailable',
      message: `${vendor} does not offer the model ${model} to this account. Ask IT to choose another model.${trace}`,
    });
  }
  if (status === 413 || context.test(`${code} ${error.text}`)) {
    return new ProviderError(
      { reason: 'model_error', message: `This conversation has become too long for the model ${model}.${trace}` },
      { contextTooLong: true },
    );
  }
  if (status === null || status === 408 || status === 409 || status >= 500) {
    return new ProviderError(
      {
        reason: 'model_unavailable',
        message:
          status === null
            ? `${vendor} could not be reached, or the connection broke off. Please try again in a minute.${trace}`
            : `${vendor} has trouble answering at the moment. Please try again in a minute.${trace}`,
      },
      { retry: true, retryAfterMs: error.retryAfterMs },
    );
  }
  return new ProviderError({
    reason: 'model_error',
    message: `${vendor} did not accept the request for the model ${model}. Ask IT to check that this model can do what agents need (tools, long prompts).${trace}`,
  });
}

/**
 * Status, code and request id, where they are plain tokens: enough for support to find the call, and nothing secret. A status of
 * 500 and above and its code are left out, because OpenClaw puts a sentence of its own in place of one that names them.
 */
function traceOf(error: VendorError): string {
  const theirTrouble = error.status !== null && error.status >= 500;
  const plain = (value: string | null) => (value && /^[A-Za-z0-9_.-]{1,64}$/.test(value) ? value : null);
  const parts = [
    error.status === null || theirTrouble ? null : String(error.status),
    theirTrouble ? null : plain(error.code),
    plain(error.requestId) && `request ${plain(error.requestId)}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3), or the vendors' `retry-after-ms`. */
function retryAfterMs(headers: { get(name: string): string | null } | undefined, now: number): number | null {
  const milliseconds = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
  const value = headers?.get('retry-after');
  if (!value) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

/** Reads the errors of the `openai` and `@anthropic-ai/sdk` clients, which have the same shape. */
export function readClientError(thrown: unknown, vendor: string, model: string): VendorError {
  const error = (thrown ?? {}) as {
    status?: number;
    code?: string | null;
    type?: string | null;
    message?: string;
    requestID?: string | null;
    headers?: { get(name: string): string | null };
  };
  const code = error.code ?? error.type ?? null;
  return {
    vendor,
    model,
    status: error.status ?? statusOfCode(code),
    code: code === null ? null : String(code),
    text: String(error.message ?? ''),
    retryAfterMs: retryAfterMs(error.headers, Date.now()),
    requestId: error.requestID ?? null,
  };
}

/** Errors that arrive inside a stream have a code but no status of their own. */
function statusOfCode(code: string | null): number | null {
  switch (code) {
    case 'overloaded_error':
    case 'api_error':
    case 'server_error':
      return 503;
    case 'timeout_error':
      return 408;
    case 'rate_limit_error':
    case 'rate_limit_exceeded':
      return 429;
    case 'authentication_error':
    case 'permission_error':
      return 401;
    case 'invalid_request_error':
      return 400;
    default:
      return null;
  }
}
