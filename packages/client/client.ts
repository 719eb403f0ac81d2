import { type Route, type Routes, routes } from '@clawpool/contracts';
import { errorOfResponse, invalidResponse, unreachable } from './error.ts';
import { type EventStreamOptions, followEvents } from './event-stream.ts';
import type {
  CallInput,
  CallName,
  CallResult,
  DownloadName,
  EventInput,
  EventName,
  InputArgument,
  StreamEvent,
  UploadName,
} from './types.ts';

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
   * A file, as a response whose body has not been read yet. A body that breaks off rejects while it is read: what came until then is not
   * the file. Otherwise as `call`.
   */
  download<N extends DownloadName>(name: N, input: CallInput<N>, options?: { signal?: AbortSignal }): Promise<Response>;
  /** Sends a file, however long that takes. Resolves and rejects as `call`. */
  upload<N extends UploadName>(
    name: N,
    input: CallInput<N>,
    file: Blob | ReadableStream<Uint8Array>,
    options?: { signal?: AbortSignal },
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
      return withErrors(signal, async () => {
        const response = await send(...requestOf(name, input ?? {}, options, 'application/json', either));
        if (!response.ok) throw await errorOfResponse(response);
        return (await readValue(name, response)) as CallResult<typeof name>;
      });
    },

    async download(name, input, { signal } = {}) {
      const slow = new AbortController();
      // Until the answer begins; reading it may take as long as it takes.
      const timer = setTimeout(() => slow.abort(new DOMException('no answer', 'TimeoutError')), timeoutMs);
      const either = signal ? AbortSignal.any([signal, slow.signal]) : slow.signal;
      return withErrors(signal, async () => {
        const response = await send(...requestOf(name, input as RequestParts, options, '*/*', either));
        if (!response.ok) throw await errorOfResponse(response);
        return response;
      }).finally(() => clearTimeout(timer));
    },

    async upload(name, input, file, { signal } = {}) {
      const route: Route = routes[name];
      return withErrors(signal, async () => {
        const parts = { ...(input as RequestParts), file, mediaType: route.upload };
        const response = await send(...requestOf(name, parts, options, 'application/json', signal));
        if (!response.ok) throw await errorOfResponse(response);
        return (await readValue(name, response)) as CallResult<typeof name>;
      });
    },

    events(name, input, streamOptions) {
      return followEvents(
        (signal) => send(...requestOf(name, input as RequestParts, options, 'text/event-stream', signal)),
        streamOptions,
      );
    },
  };
}

/** Tells apart what the caller ended, what nobody answered, and what was answered with an error. */
async function withErrors<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw isNetworkFailure(error) ? unreachable(error) : error;
  }
}

/** A call's input with its types forgotten. */
interface RequestParts {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  file?: Blob | ReadableStream<Uint8Array>;
  mediaType?: string | undefined;
}

function requestOf(
  name: keyof Routes,
  { params = {}, query = {}, body, file, mediaType }: RequestParts,
  { baseUrl, token }: ClientOptions,
  accept: string,
  signal: AbortSignal | undefined,
): [url: string, init: RequestInit] {
  const { method, path }: Route = routes[name];
  const headers: Record<string, string> = { accept };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (mediaType !== undefined) headers['content-type'] = mediaType;
  const url = `${baseUrl.replace(/\/+$/, '')}/api/v1${fill(path, params)}${searchOf(query)}`;
  const init: RequestInit & { duplex?: 'half' } = { method, headers, ...(signal ? { signal } : {}) };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (file !== undefined) {
    init.body = file;
    // A stream is sent before its answer is read (https://fetch.spec.whatwg.org/#enumdef-requestduplex); TypeScript's types do not know it.
    if (file instanceof ReadableStream) init.duplex = 'half';
  }
  return [url, init];
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
