import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GatewayBench } from './testing/gateway-bench.ts';
import { startGatewayBench } from './testing/gateway-bench.ts';

const readTool = { name: 'read', description: 'Reads', parameters: { type: 'object', properties: {} } };
const calls = [{ id: 'call_a', name: 'read', pieces: ['{"pa', 'th":"x"}'] }];

let bench: GatewayBench;
beforeEach(async () => {
  bench = await startGatewayBench();
});
afterEach(() => bench.close());

describe("chat completions, spoken to by OpenAI's client", () => {
  const question = { model: 'any', messages: [{ role: 'user' as const, content: 'Hi' }] };
  const tools = [{ type: 'function' as const, function: readTool }];

  it('answers as one document', async () => {
    bench.openaiVendor.answers({ text: ['Hel', 'lo'], usage: { input: 90, cached: 10, output: 7 } });
    const completion = await bench.openai().chat.completions.create(question);
    expect(completion.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'Hello' },
    });
    expect(completion.model).toBe('openai/first');
    expect(completion.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 7,
      total_tokens: 107,
      prompt_tokens_details: { cached_tokens: 10 },
    });
  });

  it('streams text, thinking, tool calls and the usage that was asked for', async () => {
    bench.openaiVendor.answers({ reasoning: ['hm'], text: ['One ', 'moment'], calls, finish: 'tool_calls' });
    const stream = bench
      .openai()
      .chat.completions.stream({ ...question, tools, stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe('One moment');
    expect(completion.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: 'call_a',
      function: { name: 'read', arguments: '{"path":"x"}' },
    });
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
    expect(completion.usage?.prompt_tokens).toBe(100);
  });

  it('ends a stream without usage when nobody asked for it', async () => {
    const chunks = [];
    for await (const chunk of await bench.openai().chat.completions.create({ ...question, stream: true }))
      chunks.push(chunk);
    expect(chunks.some((chunk) => chunk.usage)).toBe(false);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  it('hands the whole conversation to the vendor', async () => {
    await bench.openai().chat.completions.create({
      model: 'any',
      max_completion_tokens: 55,
      temperature: 0.5,
      stop: ['END'],
      tools,
      tool_choice: 'auto',
      messages: [
        { role: 'system', content: 'A' },
        { role: 'developer', content: 'B' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'read', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'result' },
      ],
    });
    expect(bench.openaiVendor.requests[0]?.body).toMatchObject({
      model: 'first',
      max_tokens: 55,
      temperature: 0.5,
      stop: ['END'],
      tools,
      messages: [
        { role: 'system', content: 'A\n\nB' },
        { role: 'user', content: [{ text: 'see' }, { image_url: { url: 'data:image/png;base64,aGVsbG8=' } }] },
        { role: 'assistant', content: null, tool_calls: [{ id: 'c1' }] },
        { role: 'tool', tool_call_id: 'c1', content: 'result' },
      ],
    });
  });

  it('names the field that is wrong', async () => {
    const error = await bench
      .openai()
      .chat.completions.create({ model: 'any', messages: 'no' as never })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.BadRequestError);
    expect(String(error)).toContain('messages');
  });

  it('tells a failure of the vendor in its own error form, once, without secrets', async () => {
    bench.setPolicy({ models: ['openai/first'] });
    bench.openaiVendor.answers({ fail: { status: 401, code: 'invalid_api_key' } });
    const error = await bench
      .openai()
      .chat.completions.create(question)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error).toMatchObject({ code: 'model_refused_key' });
    expect(String(error)).toContain('The model provider refused the key');
    expect(String(error)).not.toContain('sk-secret');
    expect(bench.openaiVendor.requests).toHaveLength(1);
  });

  it('reports a failure in the middle of a stream as an error, not as an end', async () => {
    bench.openaiVendor.answers({ text: ['half'], failInStream: true });
    const heard: string[] = [];
    const reading = (async () => {
      for await (const chunk of await bench.openai().chat.completions.create({ ...question, stream: true })) {
        heard.push(chunk.choices[0]?.delta.content ?? '');
      }
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'server_error',
      type: 'server_error',
      message: expect.stringContaining('trouble answering'),
    });
    expect(heard.join('')).toBe('half');
  });

  it('lists the models of the policy', async () => {
    const models = await bench.openai().models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['openai/first', 'anthropic/second']);
  });
});

describe("messages, spoken to by Anthropic's client", () => {
  const question = { model: 'any', max_tokens: 50, messages: [{ role: 'user' as const, content: 'Hi' }] };
  const tools = [{ name: 'read', description: 'Reads', input_schema: { type: 'object' as const } }];
  beforeEach(() => bench.setPolicy({ models: ['anthropic/second'] }));

  it('answers as one document', async () => {
    bench.anthropicVendor.answers({ text: ['Hel', 'lo'], calls, finish: 'tool_calls' });
    const message = await bench.anthropic().messages.create({ ...question, tools });
    expect(message.content).toMatchObject([
      { type: 'text', text: 'Hello' },
      { type: 'tool_use', id: 'call_a', name: 'read', input: { path: 'x' } },
    ]);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.usage).toMatchObject({ input_tokens: 90, cache_read_input_tokens: 10, output_tokens: 7 });
  });

  it('streams thinking with its signature, text and tool calls', async () => {
    bench.anthropicVendor.answers({ reasoning: ['h', 'm'], text: ['Hel', 'lo'], calls, finish: 'tool_calls' });
    const message = await bench
      .anthropic()
      .messages.stream({ ...question, tools })
      .finalMessage();
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'hm', signature: 'signed' },
      { type: 'text', text: 'Hello' },
      { type: 'tool_use', id: 'call_a', name: 'read', input: { path: 'x' } },
    ]);
    expect(message.stop_reason).toBe('tool_use');
    expect(message.usage.output_tokens).toBe(7);
  });

  it('hands the whole conversation to a vendor of the other protocol', async () => {
    bench.setPolicy({ models: ['openai/first'] });
    await bench.anthropic().messages.create({
      ...question,
      system: [{ type: 'text', text: 'A' }],
      stop_sequences: ['END'],
      tools,
      messages: [
        { role: 'user', content: 'go' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'read', input: { path: 'x' } }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't1', content: 'result' },
            { type: 'text', text: 'and?' },
          ],
        },
      ],
    });
    expect(bench.openaiVendor.requests[0]?.body).toMatchObject({
      max_tokens: 50,
      stop: ['END'],
      messages: [
        { role: 'system', content: 'A' },
        { role: 'user', content: 'go' },
        { role: 'assistant', tool_calls: [{ id: 't1', function: { name: 'read', arguments: '{"path":"x"}' } }] },
        { role: 'tool', tool_call_id: 't1', content: 'result' },
        { role: 'user', content: 'and?' },
      ],
    });
  });

  it('tells a failure of the vendor in its own error form', async () => {
    bench.anthropicVendor.answers({ fail: { status: 401, code: 'authentication_error' } });
    const error = await bench
      .anthropic()
      .messages.create(question)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Anthropic.APIError);
    expect(error).toMatchObject({ type: 'api_error', errorCode: 'model_refused_key' });
    expect(String(error)).toContain('refused the key');
  });

  it('reports a failure in the middle of a stream as an error, not as an end', async () => {
    bench.anthropicVendor.answers({ text: ['half'], failInStream: true });
    await expect(bench.anthropic().messages.stream(question).finalMessage()).rejects.toThrow('trouble answering');
  });

  it('lists the models of the policy', async () => {
    expect((await bench.anthropic().models.list()).data.map(({ id }) => id)).toEqual(['anthropic/second']);
  });
});
