import { setTimeout as sleep } from 'node:timers/promises';
import { directoryProblem } from './driver.ts';

export interface VendorRequest {
  /** How the platform is called in messages: `Feishu`. */
  vendor: string;
  url: URL;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  body?: unknown;
  signal: AbortSignal;
  wait?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Whether an answer, whatever its status, means “too often”; an HTTP 429 always does. */
  isLimited?: (body: unknown) => boolean;
}

/** One answer takes at most so long. */
const timeoutMs = 20_000;
/** A page of a hundred people is some 200 kB. */
const maxAnswerBytes = 8 * 1024 * 1024;
const attempts = 6;
/** Longer than any pause the platforms ask for, which count in windows of a minute. */
const longestPauseMs = 90_000;

/**
 * The JSON of an answer, whatever its status. Asked too often, or out of order there, it waits as long as the platform says (`Retry-After`,
 * or Feishu's own header), and tries again. Redirects are not followed: they would carry the secret elsewhere.
 *
 * @throws ClawpoolError `unavailable`
 */
export async function askVendor(request: VendorRequest): Promise<unknown> {
  const wait = request.wait ?? ((ms, signal) => sleep(ms, undefined, { signal }));
  for (let attempt = 1; ; attempt++) {
    const answer = await once(request);
    const limited = answer.status === 429 || (answer.body !== null && request.isLimited?.(answer.body));
    const broken = answer.status === null || answer.status >= 500;
    if (!limited && !broken) return readable(request, answer);
    if (attempt === attempts) throw limited ? tooOften(request) : notAnswering(request, answer);
    await wait(Math.min(longestPauseMs, answer.pauseMs ?? 500 * 2 ** attempt), request.signal);
  }
}

interface Answer {
  /** Null: nobody answered. */
  status: number | null;
  /** Null: it was no JSON. */
  body: unknown;
  pauseMs: number | null;
  error?: unknown;
}

async function once({ url, method, headers, body, signal }: VendorRequest): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return { status: response.status, body: parse(await textOf(response)), pauseMs: pauseOf(response.headers) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    return { status: null, body: null, pauseMs: null, error };
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) throw new Error('the answer has no end');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Seconds, or a date (RFC 9110, 10.2.3); Feishu: https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control */
function pauseOf(headers: Headers): number | null {
  const given = headers.get('retry-after') ?? headers.get('x-ogw-ratelimit-reset');
  if (given === null) return null;
  const ms = /^\d+$/u.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isFinite(ms) ? Math.max(100, ms) : null;
}

function readable(request: VendorRequest, answer: Answer): unknown {
  if (answer.body !== null) return answer.body;
  const { vendor, url } = request;
  throw directoryProblem(
    `What answers at ${url.origin} is not ${vendor}: HTTP ${answer.status}, and no JSON.`,
    'Check the address. A proxy on the way may answer instead.',
  );
}

const tooOften = ({ vendor }: VendorRequest) =>
  directoryProblem(
    `${vendor} says that it was asked too often, again and again.`,
    'Other software may use the same app. Try again in a few minutes, or give Clawpool an app of its own.',
  );

function notAnswering({ vendor, url }: VendorRequest, { status, error }: Answer) {
  const code = (error as { cause?: { code?: string } } | undefined)?.cause?.code;
  const how = status === null ? (code === undefined ? 'in time' : `(${code})`) : `(HTTP ${status})`;
  return directoryProblem(
    `${vendor} does not answer at ${url.origin} ${how}.`,
    'Check the address and that this machine reaches it, then try again.',
    { cause: error },
  );
}

/** Runs `work` for each item, a few at once, and stops with the first error. */
export async function fewAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const next = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(4, items.length) }, next));
  } finally {
    rest.length = 0;
  }
}
