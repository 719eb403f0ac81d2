import { createServer, type ServerResponse } from 'node:http';
import type { FakeVendor, Script } from './vendor.ts';
import { createVendorState, listen, readBody, usualUsage } from './vendor.ts';

/** Speaks https://platform.claude.com/docs/en/build-with-claude/streaming to the real client. */
export async function startFakeAnthropic(): Promise<FakeVendor> {
  const state = createVendorState();
  const server = createServer(async (request, response) => {
    state.requests.push({ path: request.url ?? '', headers: request.headers, body: await readBody(request) });
    response.on('close', () => {
      if (!response.writableFinished) state.tellAbandoned();
    });
    const script = state.next();
    if (script.fail) return refuse(response, script.fail);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await tell(response, script);
  });
  const url = await listen(server);
  return {
    ...state,
    url,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(response: ServerResponse, fail: NonNullable<Script['fail']>): void {
  response.writeHead(fail.status, {
    'content-type': 'application/json',
    'request-id': 'req_anthropic_1',
    ...(fail.retryAfter ? { 'retry-after': fail.retryAfter } : {}),
  });
  const message = fail.message ?? 'invalid x-api-key sk-secret-1234';
  response.end(JSON.stringify({ type: 'error', error: { type: fail.code, message }, request_id: 'req_anthropic_1' }));
}

async function tell(response: ServerResponse, script: Script): Promise<void> {
  const send = (type: string, fields: Record<string, unknown>) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
  let index = -1;
  const open = (content_block: Record<string, unknown>) => {
    index += 1;
    send('content_block_start', { index, content_block });
  };
  const delta = (value: Record<string, unknown>) => send('content_block_delta', { index, delta: value });
  const close = () => send('content_block_stop', { index });
  const usage = script.usage === undefined ? usualUsage : (script.usage ?? { input: 0, cached: 0, output: 0 });
  const counts = { input_tokens: usage.input, cache_read_input_tokens: usage.cached, cache_creation_input_tokens: 0 };

  send('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'fake',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...counts, output_tokens: 1 },
    },
  });
  send('ping', {});
  if (script.reasoning) {
    open({ type: 'thinking', thinking: '', signature: '' });
    for (const thinking of script.reasoning) delta({ type: 'thinking_delta', thinking });
    delta({ type: 'signature_delta', signature: 'signed' });
    close();
  }
  if (script.text) {
    open({ type: 'text', text: '' });
    for (const [piece, text] of script.text.entries()) {
      delta({ type: 'text_delta', text });
      if (piece === 0) await script.hold;
    }
    if (script.breakOff) return void response.socket?.end();
    if (script.failInStream) {
      send('error', { error: { type: 'overloaded_error', message: 'Overloaded' } });
      return void response.end();
    }
    close();
  }
  for (const call of script.calls ?? []) {
    open({ type: 'tool_use', id: call.id, name: call.name, input: {} });
    for (const partial_json of call.pieces) delta({ type: 'input_json_delta', partial_json });
    close();
  }
  const reasons = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use' };
  send('message_delta', {
    delta: { stop_reason: reasons[script.finish ?? 'stop'], stop_sequence: null },
    usage: { output_tokens: usage.output },
  });
  send('message_stop', {});
  response.end();
}
