import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GatewayBench } from './testing/gateway-bench.ts';
import { startGatewayBench, tenantId } from './testing/gateway-bench.ts';

let bench: GatewayBench;
beforeEach(async () => {
  bench = await startGatewayBench();
});
afterEach(() => bench.close());

const request = {
  tenantId,
  turnId: 'turn-1',
  system: 'You are Carol’s agent.',
  messages: [
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'Hello Carol' },
    { role: 'user', text: 'Are you awake?' },
  ] as const,
  maxTokens: 300,
};

async function ask(signal = new AbortController().signal, onText: (text: string) => void = () => {}) {
  let said = '';
  for await (const text of bench.gateway.quickAnswers.answer(request, signal)) {
    said += text;
    onText(text);
  }
  return said;
}

it('is the model’s, from what it is told, without tools, and metered for the turn', async () => {
  bench.openaiVendor.answers({ text: ['Not ', 'yet.'] });
  expect(await ask()).toBe('Not yet.');
  const [asked] = bench.openaiVendor.requests;
  expect(asked?.body.messages).toMatchObject([
    { role: 'system', content: 'You are Carol’s agent.' },
    { role: 'user' },
    { role: 'assistant' },
    { role: 'user' },
  ]);
  expect(asked?.body.tools).toBeUndefined();
  await bench.gateway.close();
  expect(bench.usage).toMatchObject([{ tenantId, turnId: 'turn-1', outcome: 'ok', model: 'first' }]);
});

it('comes from the fallback when the first model does not answer', async () => {
  bench.openaiVendor.answers({ fail: { status: 401, code: 'invalid_api_key' } });
  bench.anthropicVendor.answers({ text: ['From the second.'] });
  expect(await ask()).toBe('From the second.');
});

it('fails, saying why, when the tenant may not call models', async () => {
  bench.setPolicy(null);
  await expect(ask()).rejects.toThrow(/may not call models/u);
});

it('fails when the model answers with a tool that it was not offered, and says nothing', async () => {
  bench.openaiVendor.answers({ calls: [{ id: 'c', name: 'read', pieces: ['{}'] }], finish: 'tool_calls' });
  await expect(ask()).rejects.toThrow(/nothing to say/u);
  expect(bench.toolCalls).toEqual([]);
});

it('ends early when nobody waits for it any more, and the vendor is hung up on', async () => {
  const gate = Promise.withResolvers<void>();
  bench.openaiVendor.answers({ text: ['first', 'rest'], hold: gate.promise });
  const abort = new AbortController();
  expect(await ask(abort.signal, () => abort.abort())).toBe('first');
  await bench.openaiVendor.abandoned();
  gate.resolve();
  await bench.gateway.close();
  expect(bench.usage).toMatchObject([{ outcome: 'cancelled' }]);
});
