import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeOpenAI } from '../conformance/fakes/openai.ts';
import type { FakeVendor } from '../conformance/fakes/vendor.ts';
import { all, describeProvider, execTool, fullRequest, plainRequest } from '../conformance/suite.ts';
import { createOpenAIProvider } from './index.ts';

describeProvider('the OpenAI-compatible provider', {
  async start() {
    const vendor = await startFakeOpenAI();
    return { vendor, provider: createOpenAIProvider({ apiKey: 'sk-secret-1234', baseUrl: vendor.url }) };
  },
  codes: {
    key: 'invalid_api_key',
    limit: 'rate_limit_exceeded',
    unknownModel: 'model_not_found',
    tooLong: 'context_length_exceeded',
    overloaded: 'server_error',
  },
});

describe('the OpenAI-compatible provider', () => {
  let vendor: FakeVendor;
  beforeEach(async () => {
    vendor = await startFakeOpenAI();
  });
  afterEach(() => vendor.close());
  const call = { model: 'fake-model', signal: new AbortController().signal, turn: null };
  const provider = () => createOpenAIProvider({ apiKey: 'k', baseUrl: vendor.url });

  it('says a whole conversation in chat completions', async () => {
    await all(provider().stream(fullRequest, call));
    expect(vendor.requests[0]?.headers.authorization).toBe('Bearer k');
    expect(vendor.requests[0]?.body).toEqual({
      model: 'fake-model',
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 321,
      temperature: 0.2,
      stop: ['END'],
      tools: [{ type: 'function', function: execTool }],
      tool_choice: 'auto',
      messages: [
        { role: 'system', content: 'You are helpful.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
          ],
        },
        {
          role: 'assistant',
          content: 'I look.',
          reasoning_content: 'thought',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'exec', arguments: '{"command":"file x"}' } },
            { id: 'call_2', type: 'function', function: { name: 'exec', arguments: '{"command":"ls"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'PNG image' },
        { role: 'tool', tool_call_id: 'call_2', content: 'denied' },
        { role: 'user', content: 'And now?' },
      ],
    });
  });

  it('shows the images of a tool result to the model in a message of their own', async () => {
    const image = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGVsbG8=' } } as const;
    const messages = [
      { role: 'assistant', content: [{ type: 'tool_call', id: 'c', name: 'read', argumentsText: '{}' }] },
      { role: 'tool', callId: 'c', content: [{ type: 'text', text: 'an image' }, image], isError: false },
    ] as const;
    await all(provider().stream({ ...plainRequest, messages }, call));
    const [, , ...said] = (vendor.requests[0]?.body.messages ?? []) as unknown[];
    expect(said).toEqual([
      { role: 'tool', tool_call_id: 'c', content: 'an image' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Images from the tool result:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aGVsbG8=' } },
        ],
      },
    ]);
  });

  it('turns reasoning off for a model that calls tools only without it, and remembers that', async () => {
    const sentence =
      "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
    const one = provider();
    vendor.answers({ fail: { status: 400, code: 'invalid', param: 'reasoning_effort', message: sentence } });
    await all(one.stream(fullRequest, call));
    await all(one.stream(fullRequest, call));
    expect(vendor.requests.map(({ body }) => body.reasoning_effort)).toEqual([undefined, 'none', 'none']);
  });

  it('leaves out a parameter that the server does not know', async () => {
    const one = provider();
    vendor.answers({ fail: { status: 400, code: 'unsupported', message: "Unsupported value: 'temperature'" } });
    await all(one.stream(fullRequest, call));
    expect(vendor.requests[1]?.body).not.toHaveProperty('temperature');
  });

  it('reports an empty account as that, and not as a limit that passes', async () => {
    vendor.answers({ fail: { status: 429, code: 'insufficient_quota' } });
    await expect(all(provider().stream(plainRequest, call))).rejects.toMatchObject({
      retry: false,
      failure: { reason: 'model_unavailable', message: expect.stringContaining('credit') },
    });
  });

  it('gives no usage when the server gives none', async () => {
    vendor.answers({ text: ['x'], usage: null });
    expect((await all(provider().stream(plainRequest, call))).at(-1)).toMatchObject({ usage: null });
  });
});
