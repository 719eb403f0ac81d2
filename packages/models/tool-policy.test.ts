import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayBench } from './testing/gateway-bench.ts';
import { startGatewayBench, tenantId } from './testing/gateway-bench.ts';

let bench: GatewayBench;
beforeEach(async () => {
  bench = await startGatewayBench();
});
afterEach(() => bench.close());

const tool = (name: string) => ({
  type: 'function' as const,
  function: { name, description: name, parameters: { type: 'object', properties: {} } },
});
const exec = { id: 'call_x', name: 'exec', pieces: ['{"command":"git ', 'status"}'] };
const read = { id: 'call_r', name: 'read', pieces: ['{"path":"a"}'] };
const question = (text = 'Run git status', tools = [tool('exec'), tool('read')]) => ({
  model: 'any',
  tools,
  messages: [
    { role: 'system' as const, content: '[clawpool turn turn-1]' },
    { role: 'user' as const, content: text },
  ],
});
const stream = async (text?: string, tools?: ReturnType<typeof tool>[]) => {
  const chunks = [];
  for await (const chunk of await bench.openai().chat.completions.create({ ...question(text, tools), stream: true })) {
    chunks.push(chunk);
  }
  return {
    text: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
    calls: chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []),
    finish: chunks.at(-1)?.choices[0]?.finish_reason,
  };
};

describe('a tool that the policy forbids', () => {
  it('is not offered to the model, and that is recorded once per turn', async () => {
    await stream();
    await stream();
    await bench.gateway.close();
    expect(bench.openaiVendor.requests[0]?.body.tools).toMatchObject([{ function: { name: 'read' } }]);
    expect(bench.refusals).toEqual([
      {
        organizationId: 'organization-1',
        tenantId,
        turnId: 'turn-1',
        tool: 'exec',
        stage: 'request',
        cause: 'tool',
        why: null,
        offered: true,
        argumentsText: '',
      },
    ]);
  });

  it('is withheld without a record while the runtime still has its warm slot’s configuration; a call of it is recorded', async () => {
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    await bench.openai().chat.completions.create(question(), { headers: { 'x-rev': '0' } });
    await bench.gateway.close();
    expect(bench.openaiVendor.requests[0]?.body.tools).toMatchObject([{ function: { name: 'read' } }]);
    expect(bench.refusals.map(({ stage }) => stage)).toEqual(['response']);
  });

  it('cannot be called all the same: the person reads why, and the runtime gets nothing of the call', async () => {
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    const answer = await stream('Run git status', [tool('read')]);
    expect(answer).toEqual({
      text: 'I may not use shell: the position Finance Analyst does not allow it. Ask your manager or IT if you need it.',
      calls: [],
      finish: 'stop',
    });
    expect(bench.refusals).toMatchObject([
      { tool: 'exec', stage: 'response', offered: false, argumentsText: '{"command":"git status"}', turnId: 'turn-1' },
    ]);
  });

  it('is recorded as offered when the runtime had offered it', async () => {
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    await stream();
    await bench.gateway.close();
    expect(bench.refusals.find(({ stage }) => stage === 'response')).toMatchObject({ offered: true });
  });

  it('does not take an allowed call with it', async () => {
    bench.openaiVendor.answers({ text: ['Both.'], calls: [exec, read], finish: 'tool_calls' });
    const answer = await stream();
    expect(answer.text).toMatch(/^Both\.\n\nI may not use shell/);
    expect(answer.calls.map(({ index, function: called }) => [index, called?.name, called?.arguments])).toEqual([
      [0, 'read', ''],
      [0, undefined, '{"path":"a"}'],
    ]);
    expect(answer.finish).toBe('tool_calls');
  });

  it('is explained once when it is called several times, and named with the others', async () => {
    const write = { id: 'call_w', name: 'write', pieces: ['{}'] };
    bench.openaiVendor.answers({ calls: [exec, { ...exec, id: 'call_y' }, write], finish: 'tool_calls' });
    const answer = await stream();
    expect(answer.text).toContain('I may not use shell or writing files');
    await bench.gateway.close();
    expect(bench.refusals.filter(({ stage }) => stage === 'response')).toHaveLength(3);
  });

  it('is explained in Chinese to a person who writes Chinese', async () => {
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    expect((await stream('请运行 git status')).text).toContain('我不能使用 命令行');
  });

  it('can be requested, where the policy says so, and the person and the agent are told how', async () => {
    const told = async (request: 'agent' | 'portal', text?: string) => {
      bench.setPolicy({ refusedTools: new Map([['exec', { tool: 'shell', because: 'not_in_position', request }]]) });
      bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
      return (await stream(text)).text;
    };
    expect(await told('agent')).toContain('you can request it: in your portal under “My requests”, or tell me');
    expect(await told('agent', '请运行 git status')).toContain('或让我代为申请');
    // An agent without a tool for it cannot be told to.
    expect(await told('portal')).toMatch(/request it in your portal under “My requests”\.$/);
    expect(await told('portal', '请运行 git status')).not.toContain('让我');
  });

  it.each([
    [
      'above_tier',
      'the tier Restricted does not allow it, whatever is granted. It cannot be requested.',
      '等级“Restricted”不允许',
    ],
    ['always_blocked', 'no agent of this organization may use it. It cannot be requested.', '任何智能体都不得使用'],
    ['public_twin', 'a public twin only talks.', '公开分身'],
    ['grant', 'it was granted for one message, and not for this one. Try again', '用于一条消息'],
  ] as const)('is explained by what decides: %s', async (because, english, chinese) => {
    bench.setPolicy({
      refusedTools: new Map([['exec', { tool: 'shell', because, request: null }]]),
      tierName: 'Restricted',
    });
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    const { text } = await stream();
    expect(text).toContain(`I may not use shell: ${english}`);
    expect(text).not.toContain('My requests');
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    expect((await stream('请运行 git status')).text).toContain(chinese);
  });

  it('that is none of the organization’s is called by OpenClaw’s name', async () => {
    bench.openaiVendor.answers({ calls: [{ ...exec, name: 'gateway' }], finish: 'tool_calls' });
    expect((await stream()).text).toBe('I may not use gateway: agents do not have it here.');
  });

  it('is refused in messages and in whole documents as well', async () => {
    bench.setPolicy({ models: ['anthropic/second'] });
    bench.anthropicVendor.answers({ text: ['Sure.'], calls: [exec], finish: 'tool_calls' });
    const message = await bench.anthropic().messages.create({
      model: 'any',
      max_tokens: 9,
      messages: [{ role: 'user', content: 'Run it' }],
      tools: [{ name: 'exec', input_schema: { type: 'object' } }],
    });
    expect(message.stop_reason).toBe('end_turn');
    expect(message.content).toMatchObject([
      { type: 'text', text: expect.stringMatching(/^Sure\.\n\nI may not use shell/) },
    ]);
  });

  it('is recorded with at most 500 characters of its arguments, also when the answer breaks off', async () => {
    bench.openaiVendor.answers({
      calls: [{ ...exec, pieces: ['x'.repeat(400), 'y'.repeat(400)] }],
      finish: 'tool_calls',
    });
    await stream();
    await bench.gateway.close();
    expect(bench.refusals.at(-1)?.argumentsText).toHaveLength(500);
  });
});

describe('a tool that the policy allows', () => {
  const write = {
    id: 'call_w',
    name: 'write',
    pieces: ['{"path":"a","content":"', 'x'.repeat(300), 'y'.repeat(300), '"}'],
  };
  const argumentsOf = (calls: Awaited<ReturnType<typeof stream>>['calls'], index: number) =>
    calls
      .filter((call) => call.index === index)
      .map((call) => call.function?.arguments ?? '')
      .join('');

  it('is offered and called', async () => {
    bench.openaiVendor.answers({ calls: [read], finish: 'tool_calls' });
    const answer = await stream('Read a', [tool('read')]);
    expect(answer).toMatchObject({ text: '', finish: 'tool_calls' });
    expect(answer.calls[0]?.function?.name).toBe('read');
    expect(bench.refusals).toEqual([]);
  });

  it('is recorded for the turn that runs, with 200 characters of its arguments, and arrives whole', async () => {
    bench.setPolicy({ tools: new Set(['read', 'write']) });
    bench.gateway.turns.begin(tenantId, 'turn-1');
    bench.openaiVendor.answers({ calls: [read, write], finish: 'tool_calls' });
    const answer = await stream('Write it', [tool('read'), tool('write')]);
    expect(bench.toolCalls).toEqual([
      { tenantId, turnId: 'turn-1', tool: 'read', argumentsText: '{"path":"a"}', grantedOnce: false },
      {
        ...{ tenantId, turnId: 'turn-1', tool: 'write', grantedOnce: false },
        argumentsText: write.pieces.join('').slice(0, 200),
      },
    ]);
    expect(argumentsOf(answer.calls, 0)).toBe('{"path":"a"}');
    expect(argumentsOf(answer.calls, 1)).toBe(write.pieces.join(''));
  });

  it('is not recorded outside of a turn that a host runs', async () => {
    bench.openaiVendor.answers({ calls: [read], finish: 'tool_calls' });
    await stream();
    expect(bench.toolCalls).toEqual([]);
  });

  it('reaches the runtime with no byte before it has been recorded; the text before it does not wait', async () => {
    await bench.close();
    const recorded = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    bench = await startGatewayBench({
      ports: {
        ...portsThatAllow('read'),
        recordToolCall: () => {
          asked.resolve();
          return recorded.promise;
        },
      },
    });
    bench.gateway.turns.begin(tenantId, 'turn-1');
    bench.openaiVendor.answers({ text: ['One moment.'], calls: [read], finish: 'tool_calls' });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const chunk of await bench
        .openai()
        .chat.completions.create({ ...question('Read a', [tool('read')]), stream: true })) {
        const delta = chunk.choices[0]?.delta;
        if (delta?.content) seen.push(delta.content);
        if (delta?.tool_calls) seen.push('call');
      }
    })();
    await asked.promise;
    await expect.poll(() => seen).toEqual(['One moment.']);
    recorded.resolve();
    await reading;
    expect(seen).toContain('call');
  });

  it('is not done when it cannot be recorded: the answer fails, and the host is told why', async () => {
    await bench.close();
    bench = await startGatewayBench({
      ports: { ...portsThatAllow('read'), recordToolCall: () => Promise.reject(new Error('database is away')) },
    });
    const turn = bench.gateway.turns.begin(tenantId, 'turn-1');
    bench.openaiVendor.answers({ calls: [read], finish: 'tool_calls' });
    await expect(stream('Read a', [tool('read')])).rejects.toThrow();
    expect(turn.failure()).toMatchObject({ reason: 'model_error' });
    expect(bench.problems).toEqual([new Error('database is away')]);
  });
});

describe('a command', () => {
  const command = (text: string, id = 'call_c', pieces = [JSON.stringify({ command: text })]) => ({
    ...{ id, name: 'exec', pieces },
  });
  const rules = [{ pattern: 'rm -rf /$', why: 'it deletes everything there is' }];
  beforeEach(() => bench.setPolicy({ tools: new Set(['exec', 'read']), refusedCommands: rules }));

  it('that a pattern fits does not reach the runtime: the person reads why, and it is recorded', async () => {
    bench.openaiVendor.answers({ text: ['Sure.'], calls: [command('rm -rf /')], finish: 'tool_calls' });
    expect(await stream()).toEqual({
      text: 'Sure.\n\nI did not run this command: it deletes everything there is. No position allows such a command.',
      calls: [],
      finish: 'stop',
    });
    await bench.gateway.close();
    expect(bench.refusals).toMatchObject([
      {
        ...{ tool: 'exec', stage: 'response', cause: 'command', why: 'it deletes everything there is' },
        argumentsText: '{"command":"rm -rf /"}',
      },
    ]);
    expect(bench.toolCalls).toEqual([]);
  });

  it('is checked whole, however it is cut into pieces and however long it is', async () => {
    const long = JSON.stringify({ note: 'x'.repeat(2_000), command: `r'm' \\\n -rf /` });
    const pieces = long.match(/[\s\S]{1,7}/g) ?? [];
    bench.openaiVendor.answers({ calls: [command('', 'call_l', pieces)], finish: 'tool_calls' });
    expect((await stream()).calls).toEqual([]);
  });

  it('whose arguments are no JSON is refused: it cannot be checked', async () => {
    bench.openaiVendor.answers({ calls: [command('', 'call_b', ['{"command":"ls'])], finish: 'tool_calls' });
    const answer = await stream();
    expect(answer).toMatchObject({ calls: [], finish: 'stop' });
    expect(answer.text).toContain('incomplete');
  });

  it('that no pattern fits is run, beside one that is refused, and is handed on as it was read', async () => {
    bench.openaiVendor.answers({
      calls: [command('rm -rf /'), command('', 'call_d', ['{"command":"rm -rf /","command":"ls"}']), read],
      finish: 'tool_calls',
    });
    const { calls, finish, text } = await stream();
    const joined = (index: number) =>
      calls
        .filter((call) => call.index === index)
        .map((call) => call.function?.arguments ?? '')
        .join('');
    expect([joined(0), joined(1), finish]).toEqual(['{"command":"ls"}', '{"path":"a"}', 'tool_calls']);
    expect(text).toContain('it deletes everything there is');
  });

  it('is explained in Chinese to a person who writes Chinese', async () => {
    bench.openaiVendor.answers({ calls: [command('rm -rf /')], finish: 'tool_calls' });
    expect((await stream('请运行 rm -rf /')).text).toContain('我没有执行这条命令');
  });
});

describe('a tool that is granted for one turn', () => {
  const once = (turnId: string | null) =>
    bench.setPolicy({ tools: new Set(['exec', 'read']), onceTools: new Map([['exec', turnId]]) });
  const asks = async () => {
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    return (await stream()).finish;
  };

  it('is the first running turn’s that calls it, and nobody’s outside of one', async () => {
    once(null);
    expect(await asks()).toBe('stop');
    bench.gateway.turns.begin(tenantId, 'turn-1');
    expect(await asks()).toBe('tool_calls');
    expect(bench.toolCalls).toMatchObject([{ tool: 'exec', turnId: 'turn-1', grantedOnce: true }]);
  });

  it('is not spent on a runtime that does not offer it yet, which would drop the call', async () => {
    bench.gateway.turns.begin(tenantId, 'turn-1');
    once(null);
    bench.openaiVendor.answers({ calls: [exec], finish: 'tool_calls' });
    expect((await stream('Run git status', [tool('read')])).finish).toBe('stop');
    expect(bench.toolCalls).toEqual([]);
  });

  it('is not another turn’s once one has it', async () => {
    bench.gateway.turns.begin(tenantId, 'turn-1');
    once('turn-2');
    expect(await asks()).toBe('stop');
    once('turn-1');
    expect(await asks()).toBe('tool_calls');
  });
});

const portsThatAllow = (name: string) => ({
  policyFor: async () => ({
    organizationId: 'o',
    tenantId,
    tools: new Set([name]),
    models: ['openai/first'] as [string],
    maxCallsPerTurn: 3,
    positionName: 'X',
  }),
  recordUsage: async () => undefined,
  recordRefusal: async () => undefined,
});
