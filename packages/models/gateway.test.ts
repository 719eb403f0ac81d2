import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayBench } from './testing/gateway-bench.ts';
import { startGatewayBench, tenantId } from './testing/gateway-bench.ts';

let bench: GatewayBench;
let time = 0;
const pauses: number[] = [];
beforeEach(async () => {
  time = 1_000_000;
  pauses.length = 0;
  bench = await startGatewayBench({ now: () => time, wait: async (milliseconds) => void pauses.push(milliseconds) });
});
afterEach(() => bench.close());

const said = (turn: string, text = 'Hi') => ({
  model: 'any',
  messages: [
    { role: 'system' as const, content: `Be kind.\n[clawpool turn ${turn}]` },
    { role: 'user' as const, content: text },
  ],
});
const ask = (turn = 'turn-1') => bench.openai().chat.completions.create(said(turn));
const textOf = (completion: OpenAI.ChatCompletion) => completion.choices[0]?.message.content;

describe('the token of a request', () => {
  const attempt = (token: string) =>
    bench
      .openai(token)
      .chat.completions.create(said('turn-1'))
      .catch((error: unknown) => error);

  it('must be there, be one of ours and belong to the tenant of the socket', async () => {
    expect(await attempt('wrong')).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(await attempt(bench.gateway.tokens.issue('another-tenant', 1))).toBeInstanceOf(OpenAI.AuthenticationError);
    const without = await bench.fetch('/v1/models', { headers: { authorization: '' } });
    expect(without.status).toBe(401);
    expect(bench.openaiVendor.requests).toHaveLength(0);
  });

  it('stops working when it is revoked and when it has not been used for its lifetime', async () => {
    expect(await attempt(bench.token)).not.toBeInstanceOf(Error);
    bench.gateway.tokens.revoke(tenantId, 1);
    expect(await attempt(bench.token)).toBeInstanceOf(OpenAI.AuthenticationError);
    const next = bench.gateway.tokens.issue(tenantId, 2);
    time += 8 * 24 * 60 * 60 * 1000;
    expect(await attempt(next)).toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it('may come as x-api-key, and a wrong one is refused in the form of the front', async () => {
    const headers = { authorization: '', 'x-api-key': 'wrong' };
    const response = await bench.fetch('/v1/messages', { method: 'POST', body: '{}', headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    const good = await bench.fetch('/v1/models', { headers: { authorization: '', 'x-api-key': bench.token } });
    expect(good.status).toBe(200);
  });

  it('does not help a tenant that may not call models', async () => {
    bench.setPolicy(null);
    expect(await attempt(bench.token)).toBeInstanceOf(OpenAI.PermissionDeniedError);
  });
});

describe('a request that makes no sense', () => {
  it('is answered with what is wrong with it', async () => {
    expect((await bench.fetch('/v1/chat/completions', { method: 'POST', body: '{' })).status).toBe(400);
    expect((await bench.fetch('/v1/embeddings', { method: 'POST', body: '{}' })).status).toBe(404);
    expect((await bench.fetch('/v1/chat/completions')).status).toBe(404);
    const headers = { 'content-length': String(64 * 1024 * 1024) };
    expect((await bench.fetch('/v1/messages', { method: 'POST', headers })).status).toBe(413);
    expect(bench.problems).toEqual([]);
  });
});

describe('a streamed answer', () => {
  it('reaches the reader piece by piece, while the vendor still holds the rest', async () => {
    const gate = Promise.withResolvers<void>();
    bench.openaiVendor.answers({ text: ['first', 'second'], hold: gate.promise });
    const stream = await bench.openai().chat.completions.create({ ...said('turn-1'), stream: true });
    const heard: string[] = [];
    for await (const chunk of stream) {
      const text = chunk.choices[0]?.delta.content;
      if (text) heard.push(text);
      if (text === 'first') gate.resolve();
    }
    expect(heard).toEqual(['first', 'second']);
  });

  it('is cancelled at the vendor when the reader goes away, and recorded as cancelled', async () => {
    const gate = Promise.withResolvers<void>();
    bench.openaiVendor.answers({ text: ['first', 'never read'], hold: gate.promise });
    const controller = new AbortController();
    const stream = await bench
      .openai()
      .chat.completions.create({ ...said('turn-1'), stream: true }, { signal: controller.signal });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'first') controller.abort();
    await bench.openaiVendor.abandoned();
    gate.resolve();
    await bench.gateway.close();
    expect(bench.usage).toMatchObject([{ outcome: 'cancelled', turnId: 'turn-1', failure: null, outputTokens: 2 }]);
  });

  it('is cancelled while the vendor has not said anything yet', async () => {
    const gate = Promise.withResolvers<void>();
    bench.openaiVendor.answers({ text: [''], hold: gate.promise });
    const controller = new AbortController();
    const asked = bench
      .openai()
      .chat.completions.create({ ...said('turn-1'), stream: true }, { signal: controller.signal });
    asked.catch(() => undefined);
    while (bench.openaiVendor.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await bench.openaiVendor.abandoned();
    gate.resolve();
    await bench.gateway.close();
    expect(bench.usage).toMatchObject([{ outcome: 'cancelled', firstTokenMs: null }]);
  });
});

describe('usage', () => {
  it('is recorded for every answer with what it cost and how long it took', async () => {
    await ask();
    await bench.gateway.close();
    expect(bench.usage).toEqual([
      {
        organizationId: 'organization-1',
        tenantId,
        turnId: 'turn-1',
        provider: 'openai',
        model: 'first',
        inputTokens: 100,
        outputTokens: 7,
        cachedInputTokens: 10,
        firstTokenMs: 0,
        durationMs: 0,
        outcome: 'ok',
        failure: null,
        attempt: 1,
      },
    ]);
  });

  it('is estimated when the vendor does not count', async () => {
    bench.openaiVendor.answers({ text: ['12345678'], usage: null });
    const completion = await ask();
    expect(completion.usage?.completion_tokens).toBe(2);
    expect(completion.usage?.prompt_tokens).toBeGreaterThan(0);
  });

  it('belongs to no turn when the runtime names none', async () => {
    await bench.openai().chat.completions.create({ model: 'any', messages: [{ role: 'user', content: 'Hi' }] });
    await bench.gateway.close();
    expect(bench.usage[0]?.turnId).toBeNull();
  });
});

describe('the line that names the turn', () => {
  it('never reaches the vendor', async () => {
    await bench.openai().chat.completions.create({
      ...said('turn-2'),
      messages: [...said('turn-2').messages, { role: 'user', content: '[clawpool turn turn-1]\nolder' }],
    });
    expect(JSON.stringify(bench.openaiVendor.requests[0]?.body)).not.toContain('clawpool turn');
  });
});

describe('the cap of model calls per turn', () => {
  it('ends the turn with a sentence, without asking the vendor and without usage', async () => {
    for (let call = 1; call <= 3; call += 1) expect(textOf(await ask())).toBe('ok');
    const over = await ask();
    expect(textOf(over)).toContain('3 model calls');
    expect(over.choices[0]?.finish_reason).toBe('stop');
    await bench.gateway.close();
    expect(bench.openaiVendor.requests).toHaveLength(3);
    expect(bench.usage).toHaveLength(3);
  });

  it('does not carry over to the next turn', async () => {
    for (let call = 1; call <= 4; call += 1) await ask('turn-1');
    expect(textOf(await ask('turn-2'))).toBe('ok');
  });

  it('holds per minute for calls that name no turn', async () => {
    const unnamed = () =>
      bench.openai().chat.completions.create({ model: 'any', messages: [{ role: 'user', content: '你好' }] });
    for (let call = 1; call <= 3; call += 1) await unnamed();
    expect(textOf(await unnamed())).toContain('3 次');
    time += 60_000;
    expect(textOf(await unnamed())).toBe('ok');
  });
});

describe('trouble at the vendor', () => {
  const busy = { fail: { status: 503, code: 'server_error', message: 'busy' } };
  const limited = { fail: { status: 429, code: 'rate_limit_exceeded', retryAfter: '2' } };

  it('is overcome by asking again after growing pauses', async () => {
    bench.openaiVendor.answers(busy, busy, { text: ['at last'] });
    expect(textOf(await ask())).toBe('at last');
    expect(pauses).toEqual([250, 500]);
    await bench.gateway.close();
    expect(bench.usage.map(({ attempt, outcome, failure }) => [attempt, outcome, failure?.reason])).toEqual([
      [1, 'error', 'model_unavailable'],
      [2, 'error', 'model_unavailable'],
      [3, 'ok', undefined],
    ]);
  });

  it('is given the pause that the vendor asks for', async () => {
    bench.openaiVendor.answers(limited);
    expect(textOf(await ask())).toBe('ok');
    expect(pauses).toEqual([2000]);
  });

  it('goes to the fallback at once when the vendor asks for more patience than a person has', async () => {
    bench.openaiVendor.answers({ fail: { status: 429, code: 'rate_limit_exceeded', retryAfter: '600' } });
    bench.anthropicVendor.answers({ text: ['from the fallback'] });
    const completion = await ask();
    expect(textOf(completion)).toBe('from the fallback');
    expect(completion.model).toBe('anthropic/second');
    expect(pauses).toEqual([]);
  });

  it('goes to the fallback when it lasts, and the fallback counts on', async () => {
    bench.openaiVendor.answers(busy, busy, busy);
    bench.anthropicVendor.answers({ text: ['from the fallback'] });
    expect(textOf(await ask())).toBe('from the fallback');
    await bench.gateway.close();
    expect(bench.usage.at(-1)).toMatchObject({ provider: 'anthropic', model: 'second', attempt: 4, outcome: 'ok' });
  });

  it('goes to the fallback at once when asking again cannot help', async () => {
    bench.openaiVendor.answers({ fail: { status: 401, code: 'invalid_api_key' } });
    bench.anthropicVendor.answers({ text: ['from the fallback'] });
    expect(textOf(await ask())).toBe('from the fallback');
    expect(bench.openaiVendor.requests).toHaveLength(1);
  });

  it('is not hidden by another model once the answer has begun', async () => {
    bench.openaiVendor.answers({ text: ['half'], breakOff: true });
    await expect(ask()).rejects.toThrow(/broke off|could not be reached/);
    expect(bench.anthropicVendor.requests).toHaveLength(0);
    await bench.gateway.close();
    expect(bench.usage).toMatchObject([{ outcome: 'error', outputTokens: 1 }]);
  });

  it('is told with the last reason when nobody answers, and the client is told not to ask again', async () => {
    bench.setPolicy({ models: ['openai/first', 'nowhere/model'] });
    bench.openaiVendor.answers(busy, busy, busy);
    await expect(ask()).rejects.toThrow('nowhere/model is not set up');
    expect(bench.openaiVendor.requests).toHaveLength(3);
  });

  it('lets OpenClaw know when it is the conversation that is too long', async () => {
    bench.setPolicy({ models: ['openai/first'] });
    bench.openaiVendor.answers({ fail: { status: 400, code: 'context_length_exceeded', message: 'too long' } });
    await expect(ask()).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });
});

describe('the gateway', () => {
  it('says which model is active', () => {
    expect(bench.gateway.models[0]).toMatch(/^anthropic\//);
    expect(bench.gateway.active).toMatchObject({ provider: 'anthropic', fallback: null });
  });

  it('cancels what is under way when it is closed', async () => {
    const gate = Promise.withResolvers<void>();
    bench.openaiVendor.answers({ text: ['first', 'rest'], hold: gate.promise });
    const stream = await bench.openai().chat.completions.create({ ...said('turn-1'), stream: true });
    const reading = (async () => {
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) void bench.gateway.close();
    })();
    await expect(reading).rejects.toThrow();
    await bench.openaiVendor.abandoned();
    gate.resolve();
    await bench.gateway.close();
    expect(bench.usage).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('refuses, and reports why, when it cannot learn what the tenant may do', async () => {
    await bench.close();
    const broken = new Error('database is away');
    bench = await startGatewayBench({
      ports: {
        policyFor: () => Promise.reject(broken),
        recordUsage: async () => undefined,
        recordRefusal: async () => undefined,
        recordToolCall: async () => undefined,
      },
    });
    await expect(ask()).rejects.toThrow('error of its own');
    expect(bench.problems).toEqual([broken]);
    expect(bench.openaiVendor.requests).toHaveLength(0);
  });

  it('answers although usage cannot be recorded, and reports that', async () => {
    await bench.close();
    const broken = new Error('database is away');
    bench = await startGatewayBench({
      ports: {
        policyFor: async () => ({
          organizationId: 'o',
          tenantId,
          tools: new Set<string>(),
          models: ['openai/first'],
          maxCallsPerTurn: 3,
          positionName: 'X',
        }),
        recordUsage: async () => Promise.reject(broken),
        recordRefusal: async () => undefined,
        recordToolCall: async () => undefined,
      },
    });
    expect(textOf(await ask())).toBe('ok');
    await bench.gateway.close();
    expect(bench.problems).toEqual([broken]);
  });
});
