import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeAnthropic } from '../conformance/fakes/anthropic.ts';
import type { FakeVendor } from '../conformance/fakes/vendor.ts';
import { all, describeProvider, execTool, fullRequest, plainRequest } from '../conformance/suite.ts';
import { createAnthropicProvider } from './index.ts';

describeProvider('the Anthropic provider', {
  async start() {
    const vendor = await startFakeAnthropic();
    return { vendor, provider: createAnthropicProvider({ apiKey: 'sk-secret-1234', baseUrl: vendor.url }) };
  },
  codes: {
    key: 'authentication_error',
    limit: 'rate_limit_error',
    unknownModel: 'not_found_error',
    tooLong: 'invalid_request_error',
    overloaded: 'overloaded_error',
  },
});

describe('the Anthropic provider', () => {
  let vendor: FakeVendor;
  beforeEach(async () => {
    vendor = await startFakeAnthropic();
  });
  afterEach(() => vendor.close());
  const call = { model: 'fake-model', signal: new AbortController().signal, turn: null };
  const provider = () => createAnthropicProvider({ apiKey: 'k', baseUrl: vendor.url });

  it('says a whole conversation in messages, without the temperature that the API no longer takes', async () => {
    await all(provider().stream(fullRequest, call));
    expect(vendor.requests[0]?.path).toBe('/v1/messages');
    expect(vendor.requests[0]?.body).toEqual({
      model: 'fake-model',
      stream: true,
      max_tokens: 321,
      system: 'You are helpful.',
      stop_sequences: ['END'],
      tools: [{ name: 'exec', description: 'Runs a command', input_schema: execTool.parameters }],
      tool_choice: { type: 'auto' },
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'call_1', name: 'exec', input: { command: 'file x' } },
            { type: 'tool_use', id: 'call_2', name: 'exec', input: { command: 'ls' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: [{ type: 'text', text: 'PNG image' }] },
            { type: 'tool_result', tool_use_id: 'call_2', content: [{ type: 'text', text: 'denied' }], is_error: true },
            { type: 'text', text: 'And now?' },
          ],
        },
      ],
    });
  });

  it('gives signed thinking back as it was', async () => {
    const messages = [
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'hm', signature: 'signed', redacted: null },
          { type: 'text', text: 'Hello' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Again' }] },
    ] as const;
    await all(provider().stream({ ...plainRequest, messages }, call));
    const said = (vendor.requests[0]?.body.messages ?? []) as { content: unknown[] }[];
    expect(said[1]?.content[0]).toEqual({
      type: 'thinking',
      thinking: 'hm',
      signature: 'signed',
    });
  });

  it('tells old tool calls as text when no tools are left to offer', async () => {
    await all(provider().stream({ ...fullRequest, tools: [] }, call));
    const text = JSON.stringify(vendor.requests[0]?.body.messages);
    expect(text).not.toContain('tool_use');
    expect(text).toContain('PNG image');
    expect(vendor.requests[0]?.body).not.toHaveProperty('tools');
  });
});
