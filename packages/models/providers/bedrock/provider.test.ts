import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFakeBedrock } from '../conformance/fakes/bedrock.ts';
import type { FakeVendor } from '../conformance/fakes/vendor.ts';
import { all, describeProvider, execTool, fullRequest } from '../conformance/suite.ts';
import { createBedrockProvider } from './index.ts';

const settings = { region: 'us-east-1', accessKeyId: 'AKIASECRET1234', secretAccessKey: 'secret' };

describeProvider('the Bedrock provider', {
  async start() {
    const vendor = await startFakeBedrock();
    return { vendor, provider: createBedrockProvider({ ...settings, endpoint: vendor.url }) };
  },
  codes: {
    key: 'UnrecognizedClientException',
    limit: 'ThrottlingException',
    unknownModel: 'ResourceNotFoundException',
    tooLong: 'ValidationException',
    overloaded: 'ServiceUnavailableException',
  },
});

describe('the Bedrock provider', () => {
  let vendor: FakeVendor;
  beforeEach(async () => {
    vendor = await startFakeBedrock();
  });
  afterEach(() => vendor.close());
  const call = { model: 'amazon.fake-model', signal: new AbortController().signal, turn: null };

  it('says a whole conversation in Converse', async () => {
    await all(createBedrockProvider({ ...settings, endpoint: vendor.url }).stream(fullRequest, call));
    expect(vendor.requests[0]?.path).toBe('/model/amazon.fake-model/converse-stream');
    expect(vendor.requests[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIASECRET1234/);
    expect(vendor.requests[0]?.body).toEqual({
      system: [{ text: 'You are helpful.' }],
      inferenceConfig: { maxTokens: 321, temperature: 0.2, stopSequences: ['END'] },
      toolConfig: {
        tools: [
          { toolSpec: { name: 'exec', description: 'Runs a command', inputSchema: { json: execTool.parameters } } },
        ],
        toolChoice: { auto: {} },
      },
      messages: [
        {
          role: 'user',
          content: [{ text: 'What is this?' }, { image: { format: 'png', source: { bytes: 'aGVsbG8=' } } }],
        },
        {
          role: 'assistant',
          content: [
            { text: 'I look.' },
            { toolUse: { toolUseId: 'call_1', name: 'exec', input: { command: 'file x' } } },
            { toolUse: { toolUseId: 'call_2', name: 'exec', input: { command: 'ls' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'call_1', content: [{ text: 'PNG image' }] } },
            { toolResult: { toolUseId: 'call_2', content: [{ text: 'denied' }], status: 'error' } },
            { text: 'And now?' },
          ],
        },
      ],
    });
  });

  it('sends no temperature to Claude models', async () => {
    const claude = { ...call, model: 'global.anthropic.claude-fake' };
    await all(createBedrockProvider({ ...settings, endpoint: vendor.url }).stream(fullRequest, claude));
    expect(vendor.requests[0]?.body.inferenceConfig).not.toHaveProperty('temperature');
  });

  it('signs in with a Bedrock API key where there is one', async () => {
    const provider = createBedrockProvider({ region: 'us-east-1', bearerToken: 'bedrock-key', endpoint: vendor.url });
    await all(provider.stream(fullRequest, call));
    expect(vendor.requests[0]?.headers.authorization).toBe('Bearer bedrock-key');
  });
});
