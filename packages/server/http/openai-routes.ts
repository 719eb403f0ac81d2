import { ClawpoolError, type ErrorCode, type Message, type Turn, type TurnFailureReason } from '@clawpool/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { keyInHeader } from '../integrations/api-key.ts';
import type { ApiService } from '../integrations/api-service.ts';
import type { ApiModel, TurnUsage } from '../integrations/api-store.ts';
import type { TurnNow, TurnOfSession } from '../integrations/follow-turn.ts';
import {
  type ChatCompletionBody,
  chatCompletionBody,
  createAppendOnlyText,
  readRequest,
  UnusableRequest,
} from '../integrations/openai.ts';
import type { Principal } from '../organization/principal.ts';
import type { HttpApp } from './app.ts';
import { invalidKey } from './authentication.ts';
import { toClawpoolError } from './errors.ts';

export interface OpenAiRoutesOptions {
  api: ApiService;
  /** Milliseconds an answer is waited for, queue and wake included; 590 000 unless given: the official client waits for ten minutes. */
  maxWaitMs?: number;
}

/**
 * OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat), for programs that speak that and nothing else: a model
 * is a tenant of the key, by id or name. `user`, or the header `x-clawpool-session`, names a session that goes on, and then only the
 * last message is sent to it; without, every request is a session of its own that begins with the request's earlier messages.
 */
export function registerOpenAiRoutes(app: HttpApp, options: OpenAiRoutesOptions): void {
  app.fastify.register(async (scope) => addRoutes(scope as unknown as FastifyInstance, app, options));
}

function addRoutes(scope: FastifyInstance, app: HttpApp, options: OpenAiRoutesOptions): void {
  const { api } = options;
  scope.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  // Before the body is read: a stranger's body is not worth parsing.
  scope.addHook('onRequest', async (request, reply) => {
    if (keyInHeader(request.headers.authorization) === null) throw invalidKey();
    request.signedIn = await app.authentication.requirePrincipal(request, reply);
  });
  scope.get('/v1/models', async (request) => ({
    object: 'list',
    data: (await api.models(principalOf(request))).map(showModel),
  }));
  scope.get<{ Params: { model: string } }>('/v1/models/:model', async (request) =>
    showModel(await findModel(api, principalOf(request), request.params.model)),
  );
  scope.post('/v1/chat/completions', (request, reply) => complete(options, request, reply, app.heartbeatMs ?? 15_000));
}

async function complete(
  { api, maxWaitMs = 590_000 }: OpenAiRoutesOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  heartbeatMs: number,
): Promise<FastifyReply> {
  const body = parseBody(request.body);
  const principal = principalOf(request);
  const { last, whole } = readRequest(body);
  const model = await findModel(api, principal, body.model);
  const user = headerOf(request, 'x-clawpool-session') ?? (body.user || undefined);
  const { turn, ...of } = await api.accept(principal, model.id, {
    text: (begins) => (begins ? whole : last),
    user,
    idempotencyKey: headerOf(request, 'idempotency-key'),
  });
  reply.headers({ 'x-clawpool-session-id': of.sessionId, 'x-clawpool-turn-id': turn.id });

  const answer = { body, of, created: Math.floor(Date.parse(turn.acceptedAt) / 1000) };
  const chunks = body.stream ? openChunks(reply, answer, heartbeatMs) : null;
  try {
    const now = await waitFor(api, of, { reply, maxWaitMs, chunks });
    const usage = await api.usage(principal, model.id, turn.id);
    const text = textOf(now, body.model);
    if (chunks) chunks.end(text, usage);
    else reply.send(completionOf(answer, text, usage));
  } catch (error) {
    if (!chunks?.fail(error, request)) throw error;
  } finally {
    // Nobody can go on with it.
    if (user === undefined)
      void api.endSession(principal, of.sessionId).catch((error) => request.log.error({ err: error }));
  }
  return reply;
}

/** Until the turn is over. Whoever is gone, or has waited too long, does not want the answer any more: it is stopped. */
async function waitFor(
  api: ApiService,
  of: TurnOfSession,
  { reply, maxWaitMs, chunks }: { reply: FastifyReply; maxWaitMs: number; chunks: Chunks | null },
): Promise<TurnNow> {
  const enough = new AbortController();
  const giveUp = () => enough.abort();
  const timer = setTimeout(giveUp, maxWaitMs);
  reply.raw.once('close', giveUp);
  if (reply.raw.destroyed) giveUp();
  const now = await api.follow(
    of,
    (news) => {
      if (news.type === 'turn' && waitsForPeople(news.turn)) giveUp();
      else if (news.type === 'delta') chunks?.text.add(news.text);
      else if (news.type === 'restart') chunks?.text.restart();
    },
    enough.signal,
  );
  clearTimeout(timer);
  reply.raw.off('close', giveUp);
  if (now.turn.finishedAt !== null) return now;
  await api.stop(of);
  throw new TurnFailed(
    503,
    now.turn.reason ?? 'timeout',
    now.turn.message ?? 'The agent did not answer in time; the message was withdrawn.',
  );
}

/** It will not run before somebody of the organization does something, which a program cannot wait for. */
const waitsForPeople = ({ state, reason }: Turn): boolean =>
  state === 'blocked' &&
  (reason === 'agent_stopped' || reason === 'agent_paused' || reason === 'agent_needs_attention');

/** The answer's text. Throws TurnFailed where there is none. */
function textOf({ turn, answer }: TurnNow, model: string): string {
  if (turn.state === 'failed') {
    const reason = turn.reason ?? 'agent_error';
    throw new TurnFailed(failureStatus[reason] ?? 502, reason, [turn.message, turn.hint].filter(Boolean).join(' '));
  }
  if (turn.state === 'handed_over') return `A person answers here instead of ${model}.`;
  return (answer satisfies Message | null)?.text ?? '';
}

const failureStatus: Partial<Record<TurnFailureReason, number>> = { model_rate_limited: 429, model_unavailable: 503 };

/** Clawpool has tried as often as is worth it: the client is told not to. */
class TurnFailed extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

async function findModel(api: ApiService, principal: Principal, named: string): Promise<ApiModel> {
  const models = await api.models(principal);
  const found = models.find(({ id }) => id === named) ?? models.find(({ name }) => name === named);
  if (found) return found;
  throw new ClawpoolError('not_found', `The model “${named}” does not exist, or this key may not use it.`);
}

const showModel = ({ id, name, createdAt }: ApiModel) => ({
  id,
  object: 'model',
  created: Math.floor(createdAt.getTime() / 1000),
  owned_by: 'clawpool',
  name,
});

function principalOf(request: FastifyRequest): Principal {
  if (!request.signedIn) throw new Error('a request got past the door without a key');
  return request.signedIn.principal;
}

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  if (value.length <= 128) return value.trim();
  throw new UnusableRequest(name, `The header ${name} has more than 128 characters.`);
}

function parseBody(body: unknown): ChatCompletionBody {
  const result = chatCompletionBody.safeParse(body ?? {});
  if (result.success) return result.data;
  throw new UnusableRequest(...issueOf(result.error));
}

function issueOf({ issues }: z.ZodError): [param: string, message: string] {
  const [issue] = issues;
  const param = issue?.path.join('.') ?? 'body';
  return [param, `${param}: ${issue?.message ?? 'does not fit'}`];
}

// --- what is sent ----------------------------------------------------------------------------------------------------

interface Answer {
  body: ChatCompletionBody;
  of: TurnOfSession;
  /** Seconds since 1970. */
  created: number;
}

const headOf = ({ body, of, created }: Answer, object: string) => ({
  id: `chatcmpl-${of.turnId}`,
  object,
  created,
  model: body.model,
});

const completionOf = (answer: Answer, text: string, usage: TurnUsage) => ({
  ...headOf(answer, 'chat.completion'),
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: usageOf(usage),
});

const usageOf = ({ inputTokens, cachedInputTokens, outputTokens }: TurnUsage) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  prompt_tokens_details: { cached_tokens: cachedInputTokens },
});

interface Chunks {
  text: ReturnType<typeof createAppendOnlyText>;
  end(answer: string, usage: TurnUsage): void;
  /** Tells of an error in the stream; false: nothing was sent yet, and an ordinary response is possible. */
  fail(error: unknown, request: FastifyRequest): boolean;
}

/** What may wait in memory for a reader that does not read. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** Begins with the first text, or with the first heartbeat, so that whatever is refused before has its own status. */
function openChunks(reply: FastifyReply, answer: Answer, heartbeatMs: number): Chunks {
  const { raw } = reply;
  let started = false;
  const heartbeat = setInterval(() => write(':\n\n'), heartbeatMs);
  raw.once('close', () => clearInterval(heartbeat));

  function write(text: string): void {
    if (raw.destroyed) return;
    if (!started) start();
    raw.write(text);
    if (raw.writableLength > maxWaitingBytes) raw.destroy();
  }
  function start(): void {
    started = true;
    reply.hijack();
    raw.writeHead(200, {
      ...reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    } as Record<string, string>);
    chunk({ role: 'assistant', content: '' }, null);
  }
  const send = (value: unknown) => write(`data: ${JSON.stringify(value)}\n\n`);
  const withUsage = answer.body.stream_options?.include_usage === true;
  const chunk = (delta: Record<string, string>, finishReason: 'stop' | null) =>
    send({
      ...headOf(answer, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(withUsage ? { usage: null } : {}),
    });
  const close = () => {
    clearInterval(heartbeat);
    if (started) raw.end();
  };
  const text = createAppendOnlyText((content) => chunk({ content }, null));

  return {
    text,
    end: (whole, usage) => {
      text.end(whole);
      chunk({}, 'stop');
      if (withUsage) send({ ...headOf(answer, 'chat.completion.chunk'), choices: [], usage: usageOf(usage) });
      write('data: [DONE]\n\n');
      close();
    },
    fail: (error, request) => {
      if (started) send(describe(error, request).body);
      close();
      return started;
    },
  };
}

// --- errors, as OpenAI's API tells them (https://platform.openai.com/docs/guides/error-codes) ---------------------------

interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: { error: { message: string; type: string; param: string | null; code: string | null } };
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body } = describe(error, request);
  return reply.code(status).headers(headers).type('application/json').send(body);
}

const known: Partial<Record<ErrorCode, { status: number; type: string; code: string }>> = {
  not_signed_in: { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' },
  not_allowed: { status: 403, type: 'invalid_request_error', code: 'insufficient_permissions' },
  not_found: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
  too_many_requests: { status: 429, type: 'requests', code: 'rate_limit_exceeded' },
  too_large: { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  invalid_request: { status: 400, type: 'invalid_request_error', code: 'invalid_request' },
};

function describe(error: unknown, request: FastifyRequest): ErrorAnswer {
  if (error instanceof TurnFailed) {
    const { status, reason, message } = error;
    const body = { error: { message, type: status === 429 ? 'requests' : 'server_error', param: null, code: reason } };
    return { status, headers: { 'x-should-retry': 'false' }, body };
  }
  const clawpoolError = toClawpoolError(error);
  const { code, message, hint } = clawpoolError;
  const { status, ...shown } = known[code] ?? { status: clawpoolError.status, type: 'server_error', code };
  if (status >= 500) request.log.error({ err: error }, message);
  const param = clawpoolError instanceof UnusableRequest ? clawpoolError.param : null;
  return {
    status,
    headers: status === 429 ? { 'retry-after': String(clawpoolError.retryAfterSeconds) } : {},
    body: { error: { message: hint === undefined ? message : `${message} ${hint}`, param, ...shown } },
  };
}
