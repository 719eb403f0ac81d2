import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelEvent, ModelRequest } from '../../exchange.ts';
import type { ModelProvider } from '../provider.ts';
import { ProviderError } from '../provider.ts';
import type { FakeVendor, Script } from './fakes/vendor.ts';

/** A provider under test and the fake vendor behind it. */
export interface Bench {
  vendor: FakeVendor;
  provider: ModelProvider;
}

export interface ConformanceOptions {
  start(): Promise<Bench>;
  /** The vendor's own codes for the failures that the suite causes. */
  codes: { key: string; limit: string; unknownModel: string; tooLong: string; overloaded: string };
}

/** What every provider with a vendor must do. Its own file adds how the request looks in the vendor's words. */
export function describeProvider(name: string, options: ConformanceOptions): void {
  describe(`${name} conforms`, () => {
    let bench: Bench;
    beforeEach(async () => {
      bench = await options.start();
    });
    afterEach(() => bench.vendor.close());

    const ask = (request: Partial<ModelRequest> = {}, signal = new AbortController().signal) =>
      bench.provider.stream({ ...plainRequest, ...request }, { model: 'fake-model', signal, turn: null });
    const failing = async (script: Script): Promise<ProviderError> => {
      bench.vendor.answers(script);
      const error = await all(ask()).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(ProviderError);
      return error as ProviderError;
    };

    it('streams text in the pieces in which it comes, and ends with the reason and the usage', async () => {
      bench.vendor.answers({ text: ['Hel', 'lo'], finish: 'stop', usage: { input: 90, cached: 10, output: 7 } });
      const events = await all(ask());
      expect(events.filter((event) => event.type === 'text').map((event) => event.text)).toEqual(['Hel', 'lo']);
      expect(events.at(-1)).toEqual({
        type: 'end',
        reason: 'stop',
        usage: { inputTokens: 100, cachedInputTokens: 10, outputTokens: 7 },
      });
    });

    it('passes a piece on while the vendor still holds the rest', async () => {
      const gate = Promise.withResolvers<void>();
      bench.vendor.answers({ text: ['first', 'second'], hold: gate.promise });
      const events = ask()[Symbol.asyncIterator]();
      expect((await events.next()).value).toMatchObject({ type: 'text', text: 'first' });
      gate.resolve();
      expect((await events.next()).value).toMatchObject({ type: 'text', text: 'second' });
      await events.return?.(undefined);
    });

    it('tells parallel tool calls apart and passes their arguments on in pieces', async () => {
      bench.vendor.answers({
        text: ['Let me see.'],
        calls: [
          { id: 'call_a', name: 'exec', pieces: ['{"comm', 'and":"ls"}'] },
          { id: 'call_b', name: 'read', pieces: ['{"path":"x"}'] },
        ],
        finish: 'tool_calls',
      });
      const events = await all(ask({ tools: [execTool] }));
      const calls = events.filter((event) => event.type === 'tool_call');
      expect(calls.map(({ id, name }) => ({ id, name }))).toEqual([
        { id: 'call_a', name: 'exec' },
        { id: 'call_b', name: 'read' },
      ]);
      const argumentsOf = (index: number | undefined) =>
        events
          .filter((event) => event.type === 'tool_arguments' && event.index === index)
          .map((event) => (event.type === 'tool_arguments' ? event.text : ''));
      expect(argumentsOf(calls[0]?.index)).toEqual(['{"comm', 'and":"ls"}']);
      expect(argumentsOf(calls[1]?.index).join('')).toBe('{"path":"x"}');
      expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'tool_calls' });
    });

    it('tells thinking apart from the answer', async () => {
      bench.vendor.answers({ reasoning: ['hm'], text: ['yes'] });
      const events = await all(ask());
      expect(events.find((event) => event.type === 'reasoning')).toMatchObject({ text: 'hm' });
      expect(events.filter((event) => event.type === 'text').map((event) => event.text)).toEqual(['yes']);
    });

    it('says when the answer was cut at its limit', async () => {
      bench.vendor.answers({ text: ['and then'], finish: 'length' });
      expect((await all(ask())).at(-1)).toMatchObject({ type: 'end', reason: 'length' });
    });

    it('closes the connection to the vendor when the call is aborted', async () => {
      const gate = Promise.withResolvers<void>();
      const controller = new AbortController();
      bench.vendor.answers({ text: ['first', 'never sent'], hold: gate.promise });
      const events = ask({}, controller.signal)[Symbol.asyncIterator]();
      await events.next();
      controller.abort();
      await bench.vendor.abandoned();
      await events.next().catch(() => undefined);
      gate.resolve();
    });

    it('closes the connection to the vendor when nobody reads on', async () => {
      const gate = Promise.withResolvers<void>();
      bench.vendor.answers({ text: ['first', 'never sent'], hold: gate.promise });
      for await (const event of ask()) {
        if (event.type === 'text') break;
      }
      await bench.vendor.abandoned();
      gate.resolve();
    });

    it('reports a refused key as such, without the key or what the vendor wrote', async () => {
      const error = await failing({ fail: { status: 401, code: options.codes.key } });
      expect(error.failure.reason).toBe('model_refused_key');
      expect(error.retry).toBe(false);
      expect(error.message).not.toMatch(/sk-|AKIA|secret|Incorrect|security token/i);
    });

    it('reports a rate limit as worth another try, with the pause the vendor asks for', async () => {
      const error = await failing({ fail: { status: 429, code: options.codes.limit, retryAfter: '3' } });
      expect(error.failure.reason).toBe('model_rate_limited');
      expect(error).toMatchObject({ retry: true, retryAfterMs: 3000 });
    });

    it('reports an overloaded vendor as worth another try', async () => {
      const error = await failing({ fail: { status: 503, code: options.codes.overloaded, message: 'busy' } });
      expect(error.failure.reason).toBe('model_unavailable');
      expect(error.retry).toBe(true);
    });

    it('reports an unknown model by its name, and as final', async () => {
      const error = await failing({
        fail: { status: 404, code: options.codes.unknownModel, message: 'no such model' },
      });
      expect(error.failure.reason).toBe('model_unavailable');
      expect(error.message).toContain('fake-model');
      expect(error.retry).toBe(false);
    });

    it('knows a conversation that has become too long', async () => {
      const message = 'Input is too long: prompt is too long for the maximum context length';
      const error = await failing({ fail: { status: 400, code: options.codes.tooLong, message } });
      expect(error.contextTooLong).toBe(true);
    });

    it('fails when the vendor reports an error inside the stream', async () => {
      const error = await failing({ text: ['half'], failInStream: true });
      expect(error.failure.reason).toBe('model_unavailable');
    });

    it('does not take a broken connection for a complete answer', async () => {
      bench.vendor.answers({ text: ['half'], breakOff: true });
      const events: ModelEvent[] = [];
      await (async () => {
        for await (const event of ask()) events.push(event);
      })().catch(() => undefined);
      expect(events.some((event) => event.type === 'end')).toBe(false);
    });

    it('fails with something to try again when the vendor cannot be reached', async () => {
      await bench.vendor.close();
      const error = await all(ask()).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ retry: true, failure: { reason: 'model_unavailable' } });
    });
  });
}

export const execTool = {
  name: 'exec',
  description: 'Runs a command',
  parameters: { type: 'object', properties: { command: { type: 'string' } }, required: ['command'] },
};

export const plainRequest: ModelRequest = {
  system: 'You are helpful.',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  toolChoice: 'auto',
  maxTokens: 100,
  temperature: null,
  stop: [],
};

/** A conversation with everything in it that can be in one. */
export const fullRequest: ModelRequest = {
  system: 'You are helpful.',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'aGVsbG8=' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'reasoning', text: 'thought', signature: null, redacted: null },
        { type: 'text', text: 'I look.' },
        { type: 'tool_call', id: 'call_1', name: 'exec', argumentsText: '{"command":"file x"}' },
        { type: 'tool_call', id: 'call_2', name: 'exec', argumentsText: '{"command":"ls"}' },
      ],
    },
    { role: 'tool', callId: 'call_1', content: [{ type: 'text', text: 'PNG image' }], isError: false },
    { role: 'tool', callId: 'call_2', content: [{ type: 'text', text: 'denied' }], isError: true },
    { role: 'user', content: [{ type: 'text', text: 'And now?' }] },
  ],
  tools: [execTool],
  toolChoice: 'auto',
  maxTokens: 321,
  temperature: 0.2,
  stop: ['END'],
};

export async function all(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const collected: ModelEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}
