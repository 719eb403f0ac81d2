import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** An agent's history with images; vendors themselves stop at about this size. */
const largestBodyBytes = 32 * 1024 * 1024;

export class BodyTooLarge extends Error {
  constructor() {
    super(`The request is larger than ${largestBodyBytes / 1024 / 1024} MB.`);
    this.name = 'BodyTooLarge';
  }
}

/** The request's JSON body. Throws BodyTooLarge, or SyntaxError when it is not JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > largestBodyBytes) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestBodyBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** The token of `Authorization: Bearer` or `x-api-key`; empty when there is none. */
export function bearerToken(request: IncomingMessage): string {
  const authorization = request.headers.authorization ?? '';
  const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  const key = request.headers['x-api-key'];
  return bearer ?? (typeof key === 'string' ? key : '');
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    // The gateway has tried again where that helps. Vendors' clients, OpenClaw's among them, obey this and do not.
    ...(status >= 400 ? { 'x-should-retry': 'false' } : {}),
  });
  response.end(text);
}

export function beginEventStream(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
  });
}

/** Writes and, when the reader is slower than the model, waits for the reader. Rejects when the signal is aborted. */
export async function writeWithBackpressure(
  response: ServerResponse,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  if (text === '') return;
  if (!response.write(text)) await once(response, 'drain', { signal });
}
