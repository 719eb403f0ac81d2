import { createParser } from 'eventsource-parser';
import { ClientError, errorOfResponse, invalidResponse, unreachable } from './error.ts';

export interface EventStreamOptions<Event> {
  /** Ends the stream. */
  signal: AbortSignal;
  onEvent: (event: Event) => void;
  /** A connection stands; its first event, a snapshot, follows. */
  onOpen?: () => void;
  /** A connection ended or could not be made. `retryInMs` is null when the server refused and no further attempt is made. */
  onError?: (error: ClientError, retryInMs: number | null) => void;
  /** How long to wait before attempt `n` (1 is the first after a loss), in milliseconds. Doubles from 0.5 s to 8 s unless given. */
  backoff?: (attempt: number) => number;
  /** A connection that stays silent this long (no event, no comment) is given up and made anew. 60 000 unless given. */
  silenceMs?: number;
}

/**
 * Keeps a stream of Server-Sent Events alive until the signal is aborted or the server refuses with a 4xx. Never rejects.
 * `connect` makes one request.
 */
export async function followEvents<Event>(
  connect: (signal: AbortSignal) => Promise<Response>,
  options: EventStreamOptions<Event>,
): Promise<void> {
  const { signal, onError, backoff = defaultBackoff } = options;
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await readOnce(connect, options, () => {
        attempt = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      const failure = error instanceof ClientError ? error : unreachable(error);
      if (isRefusal(failure)) {
        onError?.(failure, null);
        return;
      }
      const delay = backoff(Math.max(attempt, 1));
      onError?.(failure, delay);
      await pause(delay, signal);
    }
  }
}

/** One connection, from request to end. Always throws in the end: a stream that ends by itself is a lost connection. */
async function readOnce<Event>(
  connect: (signal: AbortSignal) => Promise<Response>,
  { signal, onEvent, onOpen, silenceMs = 60_000 }: EventStreamOptions<Event>,
  onAlive: () => void,
): Promise<never> {
  const connection = new AbortController();
  const end = () => connection.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => connection.abort(new Error(`silent for ${silenceMs} ms`)), silenceMs);
  };
  try {
    heard();
    const response = await connect(connection.signal);
    if (!response.ok) throw await errorOfResponse(response);
    if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
      throw invalidResponse(response.status);
    }
    onOpen?.();
    const parser = createParser({
      onEvent: ({ data }) => {
        onAlive();
        onEvent(JSON.parse(data) as Event);
      },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw unreachable(new Error('the stream ended'));
      heard();
      parser.feed(value);
      // An event's handler may have ended the stream; what is still in the pipe is no longer wanted.
      if (signal.aborted) throw signal.reason;
    }
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', end);
    connection.abort();
  }
}

/** The caller would get the same answer again, whoever asks; only 408 and 429 say "later". */
function isRefusal({ status }: ClientError): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/** Full jitter over the upper half, so that a thousand pages do not come back in the same moment. */
function defaultBackoff(attempt: number): number {
  const ceiling = Math.min(8_000, 500 * 2 ** (attempt - 1));
  return ceiling / 2 + Math.random() * (ceiling / 2);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over, { once: true });
  });
}
