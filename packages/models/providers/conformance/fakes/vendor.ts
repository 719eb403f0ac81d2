import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a fake vendor does with the next request, in words that all vendors share. */
export interface Script {
  text?: readonly string[];
  reasoning?: readonly string[];
  calls?: readonly { id: string; name: string; pieces: readonly string[] }[];
  finish?: 'stop' | 'length' | 'tool_calls';
  /** Input without what was read from the cache. Null: the vendor reports no usage. */
  usage?: { input: number; cached: number; output: number } | null;
  /** Awaited after the first piece of text has been sent. */
  hold?: Promise<void>;
  /** Refuses the request instead. */
  fail?: { status: number; code: string; message?: string; param?: string; retryAfter?: string };
  /** Begins the answer, then reports an error inside the stream. */
  failInStream?: boolean;
  /** Begins the answer, then cuts the connection. */
  breakOff?: boolean;
}

export interface FakeVendor {
  url: string;
  /** Requests in the order in which they came, with what was in them. */
  requests: { path: string; headers: IncomingMessage['headers']; body: Record<string, unknown> }[];
  /** Queues answers, one per request. Without any, the vendor says "ok". */
  answers(...scripts: Script[]): void;
  /** Resolves when a client has closed a request before its answer was complete. */
  abandoned(): Promise<void>;
  close(): Promise<void>;
}

export const usualUsage = { input: 90, cached: 10, output: 7 };

/** The state that every fake vendor keeps; the vendor's own file adds its wire format. */
export function createVendorState() {
  const scripts: Script[] = [];
  const requests: FakeVendor['requests'] = [];
  let tellAbandoned: () => void = () => undefined;
  const abandoned = new Promise<void>((resolve) => {
    tellAbandoned = resolve;
  });
  return {
    requests,
    tellAbandoned,
    next: (): Script => scripts.shift() ?? { text: ['ok'] },
    answers: (...more: Script[]) => void scripts.push(...more),
    abandoned: () => abandoned,
  };
}

export async function readBody(request: AsyncIterable<Uint8Array>): Promise<Record<string, unknown>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Record<string, unknown>;
}

export async function listen(server: Pick<Server, 'listen' | 'address'>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
