import { createServer, type ServerResponse } from 'node:http';
import type { FakeVendor, Script } from './vendor.ts';
import { createVendorState, listen, readBody, usualUsage } from './vendor.ts';

/** Speaks https://platform.openai.com/docs/api-reference/chat-streaming to the real client. */
export async function startFakeOpenAI(): Promise<FakeVendor> {
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
    url: `${url}/v1`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(response: ServerResponse, fail: NonNullable<Script['fail']>): void {
  response.writeHead(fail.status, {
    'content-type': 'application/json',
    'x-request-id': 'req_openai_1',
    ...(fail.retryAfter ? { 'retry-after': fail.retryAfter } : {}),
  });
  const message = fail.message ?? 'Incorrect key: sk-secret-1234';
  response.end(JSON.stringify({ error: { message, type: 'error', param: fail.param ?? null, code: fail.code } }));
}

async function tell(response: ServerResponse, script: Script): Promise<void> {
  const send = (fields: Record<string, unknown>) =>
    response.write(
      `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, ...fields })}\n\n`,
    );
  const delta = (value: Record<string, unknown>, finish_reason: string | null = null) =>
    send({ model: 'fake', choices: [{ index: 0, delta: value, finish_reason }] });

  delta({ role: 'assistant', content: '' });
  for (const text of script.reasoning ?? []) delta({ reasoning_content: text });
  for (const [index, text] of (script.text ?? []).entries()) {
    delta({ content: text });
    if (index === 0) await script.hold;
  }
  // Ends the connection, not the response: what was written still arrives.
  if (script.breakOff) return void response.socket?.end();
  if (script.failInStream) {
    send({ error: { message: 'The server had an error', type: 'server_error', code: 'server_error' } });
    return void response.end();
  }
  for (const [index, call] of (script.calls ?? []).entries()) {
    delta({ tool_calls: [{ index, id: call.id, type: 'function', function: { name: call.name, arguments: '' } }] });
    for (const piece of call.pieces) delta({ tool_calls: [{ index, function: { arguments: piece } }] });
  }
  delta({}, script.finish ?? 'stop');
  const usage = script.usage === undefined ? usualUsage : script.usage;
  if (usage) {
    const prompt_tokens = usage.input + usage.cached;
    send({
      choices: [],
      usage: {
        prompt_tokens,
        completion_tokens: usage.output,
        total_tokens: prompt_tokens + usage.output,
        prompt_tokens_details: { cached_tokens: usage.cached },
      },
    });
  }
  response.end('data: [DONE]\n\n');
}
