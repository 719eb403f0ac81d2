import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A person as a test describes them; each fake says it in its platform's own words. */
export interface FakePerson {
  id: string;
  name: string;
  /** Given by the organization. */
  email?: string;
  /** One they entered themselves. */
  ownEmail?: string;
  number?: string;
  title?: string;
  /** Ids of departments, the main one first; none: the root. */
  departments?: string[];
}

export interface FakeDepartment {
  id: string;
  name: string;
  parentId?: string;
}

/** A platform on this machine, as its documentation describes it. */
export interface FakePlatform {
  url: string;
  people: FakePerson[];
  departments: FakeDepartment[];
  /** Answers to the next requests for people or departments: too often, with this many seconds to wait. */
  limitNext(times: number, seconds: number): void;
  /** The next requests are answered with an HTTP 502 of a gateway. */
  breakNext(times: number): void;
  /** Tokens that were given out are good no more. */
  expireTokens(): void;
  /** The app may not read people. */
  forbid(): void;
  /** Tokens that were given out so far. */
  tokens: number;
  close(): Promise<void>;
}

export interface FakeRequest {
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

export interface FakeAnswer {
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** What a platform's fake adds: its words for everything. */
export interface FakeWords {
  /** Null: it is not a request for a token. */
  token(request: FakeRequest, give: () => string): FakeAnswer | null;
  tokenOf(request: FakeRequest): string | null;
  tokenIsOver(): FakeAnswer;
  limited(seconds: number): FakeAnswer;
  forbidden(): FakeAnswer;
  answer(request: FakeRequest, platform: FakePlatform): FakeAnswer;
}

export async function startFakePlatform(words: FakeWords): Promise<FakePlatform> {
  let good = new Set<string>();
  let limits = { times: 0, seconds: 0 };
  let broken = 0;
  let forbidden = false;
  const server = createServer((request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const platform: FakePlatform = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    people: [],
    departments: [],
    tokens: 0,
    limitNext: (times, seconds) => {
      limits = { times, seconds };
    },
    breakNext: (times) => {
      broken = times;
    },
    expireTokens: () => {
      good = new Set();
    },
    forbid: () => {
      forbidden = true;
    },
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };

  async function respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', platform.url);
    const body = incoming.method === 'POST' ? ((await json(incoming)) as Record<string, unknown>) : {};
    const request = { path: url.pathname, query: url.searchParams, headers: incoming.headers, body };
    if (broken > 0) {
      broken--;
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>bad gateway</html>');
      return;
    }
    const answer = words.token(request, giveToken) ?? answerWithToken(request);
    response
      .writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
      .end(JSON.stringify(answer.body));
  }

  function giveToken(): string {
    const token = `token-${++platform.tokens}`;
    good.add(token);
    return token;
  }

  function answerWithToken(request: FakeRequest): FakeAnswer {
    if (!good.has(words.tokenOf(request) ?? '')) return words.tokenIsOver();
    if (forbidden) return words.forbidden();
    if (limits.times > 0) {
      limits.times--;
      return words.limited(limits.seconds);
    }
    return words.answer(request, platform);
  }

  return platform;
}
