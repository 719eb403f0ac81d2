import { type Route, type Routes, routes } from '@clawpool/contracts';
import { errorOfResponse, invalidResponse, unreachable } from './error.ts';
import { type EventStreamOptions, followEvents } from './event-stream.ts';
import type { CallName, CallResult, EventInput, EventName, InputArgument, StreamEvent } from './types.ts';

export interface ClientOptions {
  /** Where the server is, without `/api/v1`: `http://localhost:8099`. Empty in a page that the server itself delivered. */
  baseUrl: string;
  /** The platform's own unless given. */
  fetch?: typeof fetch;
  /** Sent as `Authorization: Bearer`. A browser needs none: it has the session's cookie. */
  token?: string;
  /** Milliseconds until a call without an answer counts as `unreachable`. 30 000 unless given. */
  timeoutMs?: number;
}

export interface Client {
  /**
   * One request. Resolves with the response's value (undefined where the route has none).
   * @throws ClientError for every answer that is not a success, and `unreachable` when there is none;
   * the signal's reason when it was aborted.
   */
  call<N extends CallName>(
    name: N,
    ...rest: InputArgument<N, [options?: { signal?: AbortSignal }]>
  ): Promise<CallResult<N>>;
  /**
   * Follows a stream of events, over lost connections too, until the signal is aborted or the server refuses (4xx).
   * Resolves then; never rejects. Every connection starts with a `snapshot`, so nothing is missed in between.
   */
  events<N extends EventName>(
    name: N,
    input: EventInput<N>,
    options: EventStreamOptions<StreamEvent<N>>,
  ): Promise<void>;
}

/** A client of the API under `/api/v1`, typed by contracts' route table. Works in browsers and in Node. */
export function createClient(options: ClientOptions): Client {
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => fetch(...args));
  const timeoutMs = options.timeoutMs ?? 30_000;

  return {
    async call(name, ...rest) {
      const [input, { signal } = {}] = rest as [RequestParts | undefined, { signal?: AbortSignal }?];
      const timeout = AbortSignal.timeout(timeoutMs);
      const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
      try {
        const response = await send(...requestOf(name, input ?? {}, options, 'application/json', either));
        if (!response.ok) throw await errorOfResponse(response);
        return (await readValue(name, response)) as CallResult<typeof name>;
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        throw isNetworkFailure(error) ? unreachable(error) : error;
      }
    },

    events(name, input, streamOptions) {
      return followEvents(
        (signal) => send(...requestOf(name, input as RequestParts, options, 'text/event-stream', signal)),
        streamOptions,
      );
    },
  };
}

/** A call's input with its types forgotten. */
interface RequestParts {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
}

function requestOf(
  name: keyof Routes,
  { params = {}, query = {}, body }: RequestParts,
  { baseUrl, token }: ClientOptions,
  accept: string,
  signal: AbortSignal,
): [url: string, init: RequestInit] {
  const { method, path }: Route = routes[name];
  const headers: Record<string, string> = { accept };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const url = `${baseUrl.replace(/\/+$/, '')}/api/v1${fill(path, params)}${searchOf(query)}`;
  return [url, { method, headers, signal, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }];
}

function fill(path: string, params: Record<string, string>): string {
  return path.replace(/:(\w+)/g, (_, key: string) => {
    const value = params[key];
    if (value === undefined || value === '') throw new TypeError(`${path} needs a value for ${key}`);
    return encodeURIComponent(value);
  });
}

function searchOf(query: NonNullable<RequestParts['query']>): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  return search.size === 0 ? '' : `?${search}`;
}

async function readValue(name: keyof Routes, response: Response): Promise<unknown> {
  const route: Route = routes[name];
  if (route.response === undefined) return undefined;
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw invalidResponse(response.status);
  }
}

/** `fetch` throws a TypeError when there is no answer, and a DOMException when the time is up. */
function isNetworkFailure(error: unknown): boolean {
  return (error instanceof TypeError && !error.message.includes('needs a value for')) || error instanceof DOMException;
}
