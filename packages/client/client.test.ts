import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { backupMediaType, type TenantEvent } from '@clawpool/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientError, createClient } from './index.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const failureOf = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: ClientError) => error,
  );

describe('a call', () => {
  it('goes to the route’s address with its parameters, query, body and token', async () => {
    const seen: unknown[] = [];
    const baseUrl = await serve(async (request, response) => {
      seen.push([request.method, request.url, request.headers.authorization, await bodyOf(request)]);
      response.setHeader('content-type', 'application/json').end('{"lines":[],"tenantId":"t"}');
    });
    const client = createClient({ baseUrl: `${baseUrl}/`, token: 'secret' });
    await client.call('tenantLogs', { params: { tenantId: 'a/b c' }, query: { lines: 20 } });
    await client.call('sendMessage', {
      params: { conversationId: 'c1' },
      body: { text: '你好', clientMessageId: '12345678' },
    });
    expect(seen).toEqual([
      ['GET', '/api/v1/tenants/a%2Fb%20c/logs?lines=20', 'Bearer secret', ''],
      ['POST', '/api/v1/conversations/c1/messages', 'Bearer secret', '{"text":"你好","clientMessageId":"12345678"}'],
    ]);
  });

  it('leaves undefined query fields out and resolves with the response’s value', async () => {
    const baseUrl = await serve((request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ events: [], next: request.url }));
    });
    const page = await createClient({ baseUrl }).call('listAuditEvents', { query: { before: undefined, limit: 5 } });
    expect(page.next).toBe('/api/v1/audit?limit=5');
  });

  it('resolves with undefined where the route has no response', async () => {
    const baseUrl = await serve((_, response) => response.writeHead(204).end());
    expect(await createClient({ baseUrl }).call('signOut')).toBeUndefined();
  });

  it('turns the server’s error into a ClientError with its code, hint and request id', async () => {
    const baseUrl = await serve((_, response) => {
      const error = { code: 'too_many_requests', message: 'Slow down.', hint: 'Wait a minute.', requestId: 'r-1' };
      response.writeHead(429, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const error = await failureOf(createClient({ baseUrl }).call('me'));
    expect(error).toBeInstanceOf(ClientError);
    expect(error).toMatchObject({
      status: 429,
      code: 'too_many_requests',
      message: 'Slow down.',
      hint: 'Wait a minute.',
      requestId: 'r-1',
    });
  });

  it('says "unreachable" when nobody answers, and when a proxy answers for a server that is away', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const refused = await failureOf(createClient({ baseUrl: `http://127.0.0.1:${port}` }).call('me'));
    expect(refused).toMatchObject({ status: 0, code: 'unreachable' });

    const proxy = await serve((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    expect(await failureOf(createClient({ baseUrl: proxy }).call('me'))).toMatchObject({ code: 'unreachable' });
  });

  it('says "unreachable" when the answer does not come in time', async () => {
    const baseUrl = await serve(() => {});
    const error = await failureOf(createClient({ baseUrl, timeoutMs: 20 }).call('me'));
    expect(error).toMatchObject({ code: 'unreachable' });
  });

  it('says so when somebody else than Clawpool answers', async () => {
    const baseUrl = await serve((_, response) => response.end('<html>router login</html>'));
    expect(await failureOf(createClient({ baseUrl }).call('me'))).toMatchObject({ code: 'invalid_response' });
  });

  it('ends with the caller’s reason when the caller aborts it', async () => {
    const abort = new AbortController();
    const baseUrl = await serve(() => abort.abort(new Error('left the page')));
    const error = await failureOf(createClient({ baseUrl }).call('me', {}, { signal: abort.signal }));
    expect(error.message).toBe('left the page');
  });
});

describe('a file', () => {
  it('is downloaded piece by piece', async () => {
    const baseUrl = await serve((request, response) => {
      response.writeHead(200, { 'x-seen': `${request.method} ${request.url}` }).write('one ');
      setTimeout(() => response.end('two'), 20);
    });
    const response = await createClient({ baseUrl }).download('exportCheckpoint', { params: { checkpointId: 'c 1' } });
    expect(response.headers.get('x-seen')).toBe('GET /api/v1/checkpoints/c%201/file');
    expect(await response.text()).toBe('one two');
  });

  it('may take as long as it takes once the answer has begun', async () => {
    let signal: AbortSignal | null | undefined;
    const client = createClient({
      baseUrl: '',
      timeoutMs: 10,
      fetch: async (_url, init) => {
        signal = init?.signal;
        return new Response('content');
      },
    });
    await client.download('exportCheckpoint', { params: { checkpointId: 'c' } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(signal?.aborted).toBe(false);
  });

  it('that breaks off while it is read rejects', async () => {
    const baseUrl = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
    });
    const response = await createClient({ baseUrl }).download('exportCheckpoint', { params: { checkpointId: 'c' } });
    await expect(response.text()).rejects.toThrow();
  });

  it('that cannot be downloaded rejects with the server’s error, and with "unreachable" when no answer begins', async () => {
    const refusing = await serve((_, response) => {
      const error = { code: 'not_found', message: 'There is none.', requestId: 'r' };
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const input = { params: { checkpointId: 'c' } };
    const refused = await failureOf(createClient({ baseUrl: refusing }).download('exportCheckpoint', input));
    expect(refused).toMatchObject({ status: 404, code: 'not_found' });
    const silent = await serve(() => {});
    const alone = createClient({ baseUrl: silent, timeoutMs: 20 }).download('exportCheckpoint', input);
    expect(await failureOf(alone)).toMatchObject({ code: 'unreachable' });
  });

  it.each([
    ['a blob', () => new Blob(['content of it'])],
    ['a stream', () => new Blob(['content of it']).stream()],
  ])('is uploaded from %s with its media type, and the answer is the route’s value', async (_what, file) => {
    const seen: unknown[] = [];
    const baseUrl = await serve(async (request, response) => {
      seen.push(request.method, request.url, request.headers['content-type'], await bodyOf(request));
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"c1"}');
    });
    const row = await createClient({ baseUrl }).upload('importCheckpoint', {}, file());
    expect(row).toEqual({ id: 'c1' });
    expect(seen).toEqual(['POST', '/api/v1/checkpoints', backupMediaType, 'content of it']);
  });
});

describe('an event stream', () => {
  const event = (value: TenantEvent) => `data: ${JSON.stringify(value)}\n\n`;
  const empty: TenantEvent = { type: 'snapshot' };

  it('delivers events that arrive in pieces, and skips comments', async () => {
    const text = `: hello\n\n${event(empty)}${event({ ...empty })}`;
    const baseUrl = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
      const bytes = Buffer.from(text);
      for (let i = 0; i < bytes.length; i += 3) response.write(bytes.subarray(i, i + 3));
    });
    const events: TenantEvent[] = [];
    const abort = new AbortController();
    await createClient({ baseUrl }).events(
      'tenantEvents',
      {},
      {
        signal: abort.signal,
        onEvent: (value) => {
          events.push(value);
          if (events.length === 2) abort.abort();
        },
      },
    );
    expect(events).toEqual([empty, empty]);
  });

  it('comes back after a lost connection, after a silent one and after a server that is away', async () => {
    let connections = 0;
    const baseUrl = await serve((_, response) => {
      connections += 1;
      if (connections === 2) return response.writeHead(503).end();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(event(empty));
      if (connections === 1) response.destroy();
      return response;
    });
    const abort = new AbortController();
    const log: string[] = [];
    await createClient({ baseUrl }).events(
      'tenantEvents',
      {},
      {
        signal: abort.signal,
        silenceMs: 50,
        backoff: () => 0,
        onOpen: () => log.push('open'),
        onEvent: () => {
          log.push('event');
          if (connections === 4) abort.abort();
        },
        onError: (error) => log.push(error.code),
      },
    );
    // Whether the first connection's event still arrives before its end is up to the network.
    const afterFirstLoss = log.slice(log.indexOf('unreachable'));
    expect(afterFirstLoss).toEqual(['unreachable', 'unreachable', 'open', 'event', 'unreachable', 'open', 'event']);
  });

  it('gives up when the server refuses', async () => {
    let connections = 0;
    const baseUrl = await serve((_, response) => {
      connections += 1;
      const error = { code: 'session_expired', message: 'Sign in again.', requestId: 'r' };
      response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    });
    const errors: unknown[] = [];
    await createClient({ baseUrl }).events(
      'tenantEvents',
      {},
      {
        signal: new AbortController().signal,
        onEvent: () => {},
        onError: (error, retryInMs) => errors.push([error.code, retryInMs]),
      },
    );
    expect(errors).toEqual([['session_expired', null]]);
    expect(connections).toBe(1);
  });

  it('waits longer after each failed attempt', async () => {
    const baseUrl = await serve((_, response) => response.writeHead(503).end());
    const attempts: number[] = [];
    const abort = new AbortController();
    await createClient({ baseUrl }).events(
      'tenantEvents',
      {},
      {
        signal: abort.signal,
        onEvent: () => {},
        backoff: (attempt) => {
          attempts.push(attempt);
          if (attempt === 4) abort.abort();
          return 0;
        },
      },
    );
    expect(attempts).toEqual([1, 2, 3, 4]);
  });
});
