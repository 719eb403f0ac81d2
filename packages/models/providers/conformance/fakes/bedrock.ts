import type { ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http2';
import { crc32 } from 'node:zlib';
import type { FakeVendor, Script } from './vendor.ts';
import { createVendorState, listen, readBody, usualUsage } from './vendor.ts';

/** Speaks https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html over HTTP/2, as the SDK does. */
export async function startFakeBedrock(): Promise<FakeVendor> {
  const state = createVendorState();
  const server = createServer();
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', async (stream, headers) => {
    stream.on('error', () => undefined);
    let finished = false;
    stream.on('close', () => {
      if (!finished) state.tellAbandoned();
    });
    state.requests.push({
      path: String(headers[':path']),
      headers: headers as never,
      body: await readBody(stream),
    });
    const script = state.next();
    if (script.fail) refuse(stream, script.fail);
    else {
      stream.respond({ ':status': 200, 'content-type': 'application/vnd.amazon.eventstream' });
      await tell(stream, script);
    }
    finished = stream.writableEnded;
  });
  const url = await listen(server as never);
  return {
    ...state,
    url,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function refuse(stream: ServerHttp2Stream, fail: NonNullable<Script['fail']>): void {
  stream.respond({
    ':status': fail.status,
    'content-type': 'application/json',
    'x-amzn-errortype': fail.code,
    'x-amzn-requestid': 'req-aws-1',
    ...(fail.retryAfter ? { 'retry-after': fail.retryAfter } : {}),
  });
  stream.end(JSON.stringify({ message: fail.message ?? 'The security token AKIASECRET1234 is invalid' }));
}

async function tell(stream: ServerHttp2Stream, script: Script): Promise<void> {
  const send = (type: string, fields: Record<string, unknown>) => {
    if (!stream.destroyed) stream.write(frame({ ':message-type': 'event', ':event-type': type }, fields));
  };
  let contentBlockIndex = -1;
  const delta = (value: Record<string, unknown>) => send('contentBlockDelta', { contentBlockIndex, delta: value });

  send('messageStart', { role: 'assistant' });
  if (script.reasoning) {
    contentBlockIndex += 1;
    for (const text of script.reasoning) delta({ reasoningContent: { text } });
    send('contentBlockStop', { contentBlockIndex });
  }
  if (script.text) {
    contentBlockIndex += 1;
    for (const [piece, text] of script.text.entries()) {
      delta({ text });
      if (piece === 0) await script.hold;
    }
    if (script.breakOff) return void stream.destroy();
    if (script.failInStream) {
      const fault = { ':message-type': 'exception', ':exception-type': 'modelStreamErrorException' };
      stream.write(frame(fault, { message: 'The model stopped' }));
      return void stream.end();
    }
    send('contentBlockStop', { contentBlockIndex });
  }
  for (const call of script.calls ?? []) {
    contentBlockIndex += 1;
    send('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId: call.id, name: call.name } } });
    for (const input of call.pieces) delta({ toolUse: { input } });
    send('contentBlockStop', { contentBlockIndex });
  }
  const reasons = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' };
  send('messageStop', { stopReason: reasons[script.finish ?? 'stop'] });
  const usage = script.usage === undefined ? usualUsage : script.usage;
  if (usage) {
    send('metadata', {
      usage: {
        inputTokens: usage.input,
        outputTokens: usage.output,
        totalTokens: usage.input + usage.cached + usage.output,
        cacheReadInputTokens: usage.cached,
      },
      metrics: { latencyMs: 1 },
    });
  }
  if (!stream.destroyed) stream.end();
}

/**
 * One message of https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html: lengths and their checksum, headers, payload,
 * checksum of it all.
 */
function frame(headers: Record<string, string>, payload: Record<string, unknown>): Buffer {
  const stringType = 7;
  const head = Buffer.concat(
    Object.entries({ ...headers, ':content-type': 'application/json' }).map(([name, value]) => {
      const lengths = Buffer.alloc(3);
      lengths.writeUInt8(stringType, 0);
      lengths.writeUInt16BE(Buffer.byteLength(value), 1);
      return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), lengths, Buffer.from(value)]);
    }),
  );
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + head.length + body.length, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, head, body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(message), 0);
  return Buffer.concat([message, checksum]);
}
