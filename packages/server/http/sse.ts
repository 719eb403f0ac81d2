import type { FastifyReply } from 'fastify';

export interface EventStream<E> {
  /** Sends one event. After the end it does nothing. */
  send(event: E): void;
  /** Aborted when the stream is over: the reader is gone or too slow, signed out, the server stops, or `end` was called. */
  readonly signal: AbortSignal;
  end(): void;
}

export interface EventStreamOptions {
  reply: FastifyReply;
  /** Turns an event into what is sent; throws on one that does not have the route's shape. */
  encode: (event: never) => unknown;
  /** Asked with every heartbeat; false ends the stream. */
  mayContinue: () => Promise<boolean>;
  /** Told when an event cannot be encoded: a programming error, which ends this stream and nothing else. */
  onError: (error: unknown) => void;
  heartbeatMs?: number | undefined;
}

export interface OpenEventStream extends EventStream<never> {
  /** False until the first event or heartbeat: up to then an ordinary error response is possible. */
  readonly started: boolean;
  /** Ends it without a response, which somebody else sends. */
  abandon(): void;
}

/** Below what proxies and mobile networks cut silent connections at. */
const defaultHeartbeatMs = 15_000;

/** What may wait in memory for a reader that does not read, beside one event: that may be of any size. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html): one JSON value in each `data:` line. */
export function openEventStream({
  reply,
  encode,
  mayContinue,
  onError,
  heartbeatMs,
}: EventStreamOptions): OpenEventStream {
  const { raw } = reply;
  const over = new AbortController();
  let started = false;

  const heartbeat = setInterval(() => void beat(), heartbeatMs ?? defaultHeartbeatMs);
  raw.once('close', abandon);

  function start(): void {
    if (started) return;
    started = true;
    reply.hijack();
    raw.writeHead(200, {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx and its relatives would keep the events until their buffer is full.
      'x-accel-buffering': 'no',
    } as Record<string, string>);
    raw.flushHeaders();
  }

  function write(text: string): void {
    if (over.signal.aborted) return;
    start();
    // Before, not after it: whoever reads gets everything, a long first event too.
    if (raw.writableLength > maxWaitingBytes) raw.destroy();
    else raw.write(text);
  }

  async function beat(): Promise<void> {
    if (await mayContinue().catch(() => false)) write(':\n\n');
    else end();
  }

  function send(event: never): void {
    try {
      write(`data: ${JSON.stringify(encode(event))}\n\n`);
    } catch (error) {
      onError(error);
      end();
    }
  }

  function abandon(): void {
    clearInterval(heartbeat);
    over.abort();
  }

  function end(): void {
    if (over.signal.aborted) return;
    start();
    abandon();
    raw.end();
  }

  return {
    send,
    signal: over.signal,
    end,
    abandon,
    get started() {
      return started;
    },
  };
}
