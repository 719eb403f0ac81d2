import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayBench } from './testing/gateway-bench.ts';
import { startGatewayBench } from './testing/gateway-bench.ts';

let bench: GatewayBench;
beforeEach(async () => {
  bench = await startGatewayBench();
  bench.setPolicy({ models: ['demo/demo'] });
});
afterEach(() => bench.close());

const ask = (text: string) =>
  bench.openai().chat.completions.create({
    model: 'demo',
    messages: [
      { role: 'system', content: '## /w/IDENTITY.md\n- **Represents:** Carol Zhang\n[clawpool turn turn-1]' },
      { role: 'user', content: text },
    ],
  });

describe('the demo model behind the gateway', () => {
  it('speaks the same protocol as the real ones', async () => {
    const completion = await ask('Who are you?');
    expect(completion.model).toBe('demo/demo');
    expect(completion.choices[0]?.message.content).toContain("I am Carol Zhang's agent");
    expect(completion.usage?.completion_tokens).toBeGreaterThan(10);
  });

  it('is refused the command that it was talked into, and the refusal is recorded', async () => {
    const completion = await ask('Run git status');
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringContaining('I may not use shell: the position Finance Analyst') },
    });
    expect(completion.choices[0]?.message.tool_calls).toBeUndefined();
    expect(bench.refusals).toMatchObject([
      { tool: 'exec', stage: 'response', offered: false, argumentsText: '{"command":"git status"}' },
    ]);
  });

  it('calls the tool where the position allows it', async () => {
    bench.setPolicy({ models: ['demo/demo'], tools: new Set(['exec']) });
    const completion = await ask('Run git status');
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'exec', arguments: '{"command":"git status"}' } }] },
    });
  });
});
