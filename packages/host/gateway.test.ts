import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelFailure, TurnEvent } from '@clawpool/contracts';
import { openclawProfile } from '@clawpool/workspace';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { windDownMs } from './abandoned-turn.ts';
import { answerEnd, textDelta } from './chat-completion.ts';
import type { Gateway } from './gateway.ts';
import { answerBounds, createGateway } from './gateway.ts';
import { turnContext } from './testing.ts';

/** What the tenant answers instead of its gateway. */
let tenant: RequestListener;
let folder: string;
let server: ReturnType<typeof createServer>;
let gateway: Gateway;
let running: ReturnType<typeof runningTurn>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-gw-'));
  server = createServer((request, response) => {
    response.on('error', () => {});
    tenant(request, response);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, 'in.sock'), resolve));
  running = runningTurn();
  gateway = gatewayOf('2026.6.35');
});

afterEach(async () => {
  await gateway.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const message = {
  tenantId: 'carol',
  turnId: 'turn-1',
  session: 'emp__carol__1',
  text: 'Hello',
  context: turnContext(),
} as const;

/** A turn as the model gateway knows it. */
const runningTurn = () => ({ asked: false, failed: null as ModelFailure | null, cancelled: false, over: false });

const gatewayOf = (version: string): Gateway =>
  createGateway({
    socketFolder: folder,
    profile: openclawProfile(version),
    gatewayToken: 'secret',
    turns: {
      begin: () => ({
        asked: () => running.asked,
        failure: () => running.failed,
        cancel: () => {
          running.cancelled = true;
        },
        end: () => {
          running.over = true;
        },
      }),
    },
  });

async function ask(signal = new AbortController().signal): Promise<TurnEvent[]> {
  const events: TurnEvent[] = [];
  for await (const event of gateway.turn(message, signal)) events.push(event);
  return events;
}

const stream: RequestListener = (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' });

describe('an answer', () => {
  test('arrives piece by piece, not at its end', async () => {
    let goOn = () => {};
    tenant = (request, response) => {
      stream(request, response);
      response.write(textDelta('Hel'));
      goOn = () => response.end(`${textDelta('lo')}${answerEnd}`);
    };
    const events: TurnEvent[] = [];
    for await (const event of gateway.turn(message, new AbortController().signal)) {
      events.push(event);
      if (events.length === 1) goOn();
    }
    expect(events).toEqual([
      { type: 'delta', text: 'Hel' },
      { type: 'delta', text: 'lo' },
      { type: 'done', text: 'Hello' },
    ]);
  });

  test('with characters split between packets stays whole', async () => {
    tenant = (request, response) => {
      stream(request, response);
      const bytes = Buffer.from(`${textDelta('数据 😀')}${answerEnd}`);
      const middle = bytes.indexOf('😀') + 2;
      response.write(bytes.subarray(0, middle), () => setImmediate(() => response.end(bytes.subarray(middle))));
    };
    expect((await ask()).at(-1)).toEqual({ type: 'done', text: '数据 😀' });
  });

  test('that breaks off in the middle may be asked for again', async () => {
    tenant = (request, response) => {
      stream(request, response);
      response.write(textDelta('Hel'), () => response.destroy());
    };
    expect((await ask()).at(-1)).toMatchObject({ type: 'failed', reason: 'exited', retry: true });
  });

  test('that ends in order but without its last event is not taken for an answer', async () => {
    tenant = (request, response) => {
      stream(request, response);
      response.end(textDelta('Hel'));
    };
    expect((await ask()).at(-1)).toMatchObject({ type: 'failed', reason: 'exited' });
  });

  test('that is cancelled ends without an event, its model calls end, and what is left at it is hung up on', async () => {
    const abort = new AbortController();
    running.asked = true;
    const hungUp = new Promise<void>((resolve) => {
      tenant = (request, response) => {
        stream(request, response);
        response.on('close', resolve);
        response.write(textDelta('Hel'), () => abort.abort());
      };
    });
    expect((await ask(abort.signal)).filter(({ type }) => type !== 'delta')).toEqual([]);
    expect(running).toMatchObject({ cancelled: true, over: false });
    await hungUp;
    await vi.waitFor(() => expect(running.over).toBe(true));
  });

  test('that is cancelled before its first model call is heard out, however long it takes', async () => {
    const abort = new AbortController();
    const closed = vi.fn();
    let finish = () => {};
    tenant = (request, response) => {
      stream(request, response);
      response.on('close', () => closed(response.writableFinished));
      response.flushHeaders();
      setImmediate(() => abort.abort());
      finish = () => response.end(answerEnd);
    };
    expect(await ask(abort.signal)).toEqual([]);
    running.asked = true;
    await sleep(windDownMs + 200);
    expect(closed).not.toHaveBeenCalled();
    finish();
    await vi.waitFor(() => expect(closed).toHaveBeenCalledWith(true));
    expect(running).toMatchObject({ cancelled: true, over: true });
  });

  test('is not waited for once nobody listens any more', async () => {
    running.asked = true;
    const hungUp = new Promise<void>((resolve) => {
      tenant = (request, response) => {
        stream(request, response);
        response.on('close', resolve);
        response.write(textDelta('Hel'));
      };
    });
    for await (const _ of gateway.turn(message, new AbortController().signal)) break;
    await hungUp;
  });
});

describe('a gateway of 2026.3, which says less', () => {
  beforeEach(() => {
    gateway = gatewayOf('2026.3.24');
  });

  test('that is not waited for has its model calls ended at once, and is heard out until it is done', async () => {
    const abort = new AbortController();
    let finish = () => {};
    tenant = (request, response) => {
      stream(request, response);
      response.write(textDelta('Hel'), () => abort.abort());
      finish = () => response.end(answerEnd);
    };
    expect((await ask(abort.signal)).filter(({ type }) => type !== 'delta')).toEqual([]);
    expect(running).toMatchObject({ cancelled: true, over: false });
    finish();
    await vi.waitFor(() => expect(running.over).toBe(true));
  });

  test('that nobody listens to any more is not waited for either, and not heard beyond its runtime’s end', async () => {
    tenant = (request, response) => {
      stream(request, response);
      response.write(textDelta('Hel'));
    };
    for await (const _ of gateway.turn(message, new AbortController().signal)) break;
    expect(running).toMatchObject({ cancelled: true, over: false });
    await gateway.close();
    await vi.waitFor(() => expect(running.over).toBe(true));
  });

  test('that is not asked at all when nobody waits from the beginning', async () => {
    tenant = () => expect.unreachable();
    expect(await ask(AbortSignal.abort())).toEqual([]);
  });

  test.each(['', 'I will look.'])(
    'whose answer is %j because the model failed, failed for that reason',
    async (text) => {
      running.failed = { reason: 'model_rate_limited', message: 'Too many requests.' };
      tenant = (request, response) => {
        stream(request, response);
        response.end(`${text === '' ? '' : textDelta(text)}${answerEnd}`);
      };
      expect((await ask()).at(-1)).toEqual({
        type: 'failed',
        reason: 'model_rate_limited',
        message: 'Too many requests.',
        retry: false,
      });
      await vi.waitFor(() => expect(running).toMatchObject({ cancelled: false, over: true }));
    },
  );
});

describe('a hostile tenant', () => {
  const flood =
    (piece: string): RequestListener =>
    (request, response) => {
      stream(request, response);
      const pour = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', pour);
      pour();
    };

  test('cannot fill the host with one endless event', async () => {
    tenant = flood(`data: ${'x'.repeat(65_536)}`);
    expect((await ask()).at(-1)).toMatchObject({ type: 'failed', reason: 'agent_error', retry: false });
  });

  test('cannot fill it with endless text', async () => {
    tenant = flood(textDelta('x'.repeat(65_536)));
    const events = await ask();
    expect(events.at(-1)).toMatchObject({ type: 'failed', reason: 'agent_error' });
    expect(events.length).toBeLessThanOrEqual(answerBounds.textCharacters / 65_536 + 1);
  });

  test('cannot fill it with an endless refusal', async () => {
    tenant = (_, response) => {
      response.writeHead(500);
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', pour);
      pour();
    };
    const [event] = await ask();
    expect(event).toMatchObject({ type: 'failed' });
    expect(event?.type === 'failed' && event.message.length).toBeLessThan(1_000);
  });

  test('cannot crash it with nonsense', async () => {
    tenant = (request, response) => {
      stream(request, response);
      response.write('data: {"choices":[{"delta":{"content":{"toString":1}}}]}\n\ndata: null\n\ndata: [1]\n\n');
      response.end('data: {"choices":{"0":{}}}\n\ndata: [DONE]\n\n');
    };
    expect(await ask()).toMatchObject([{ type: 'failed', reason: 'agent_error' }]);
  });
});

test('a gateway is ready once it says so, not before', async () => {
  let asked = 0;
  tenant = (request, response) => {
    asked += 1;
    response.writeHead(request.url === '/readyz' && asked > 3 ? 200 : 503).end();
  };
  await gateway.ready(new AbortController().signal);
  expect(asked).toBe(4);
});

test('waiting for a gateway that never comes ends when it is told to', async () => {
  tenant = (_, response) => response.writeHead(503).end();
  await expect(gateway.ready(AbortSignal.timeout(100))).rejects.toThrow();
});

test('without a gateway the turn may be sent again', async () => {
  await new Promise((resolve) => server.close(resolve));
  expect(await ask()).toMatchObject([{ type: 'failed', reason: 'exited', retry: true }]);
  await new Promise<void>((resolve) => server.listen(join(folder, 'in.sock'), resolve));
});
