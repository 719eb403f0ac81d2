import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A vendor that speaks OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat), as vLLM or Ollama do. */
export interface OpenAiVendor {
  baseUrl: string;
  /** What it was asked, newest last. */
  requests: { headers: IncomingHttpHeaders; body: VendorRequest }[];
  /** The next requests are answered so. */
  answerWith(answer: VendorAnswer): void;
  close(): void;
}

export interface VendorRequest {
  model: string;
  messages: { role: string; content: unknown }[];
  tools?: { function: { name: string } }[];
}

export type VendorAnswer =
  | { text: string }
  /** The model calls a tool that it may never have been offered. */
  | { call: { name: string; arguments: string } }
  | { status: number; message: string };

export async function startOpenAiVendor(): Promise<OpenAiVendor> {
  const requests: OpenAiVendor['requests'] = [];
  let answer: VendorAnswer = { text: 'Hello from the vendor.' };
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as VendorRequest;
    requests.push({ headers: request.headers, body });
    if ('status' in answer) {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { message: answer.message, type: 'error', code: null } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (delta: object, finish: string | null = null) =>
      response.write(
        `data: ${JSON.stringify({
          id: 'chatcmpl-1',
          object: 'chat.completion.chunk',
          created: 1,
          model: body.model,
          choices: [{ index: 0, delta, finish_reason: finish }],
        })}\n\n`,
      );
    send({ role: 'assistant', content: '' });
    if ('call' in answer) {
      send({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: answer.call }] });
      send({}, 'tool_calls');
    } else {
      for (const word of answer.text.split(/(?<= )/u)) send({ content: word });
      send({}, 'stop');
    }
    const usage = { prompt_tokens: 1234, completion_tokens: 56, total_tokens: 1290 };
    response.write(
      `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: body.model, choices: [], usage })}\n\n`,
    );
    response.end('data: [DONE]\n\n');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answerWith: (next) => {
      answer = next;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
