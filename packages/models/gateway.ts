import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ModelGatewayPorts, QuickAnswers, RunningTurns, TenantModelPolicy } from '@clawpool/contracts';
import type { AnswerOptions } from './answer.ts';
import { answer } from './answer.ts';
import { CallCancelled, waitOnTimer } from './attempts.ts';
import { anthropicFront } from './fronts/anthropic/index.ts';
import type { DecodedRequest, Front, FrontError } from './fronts/front.ts';
import { MalformedRequest } from './fronts/front.ts';
import { openaiFront } from './fronts/openai/index.ts';
import {
  BodyTooLarge,
  bearerToken,
  beginEventStream,
  readJson,
  sendJson,
  writeWithBackpressure,
} from './http-exchange.ts';
import { modelList } from './model-list.ts';
import { configuredProviders } from './providers/catalogue.ts';
import { ProviderError } from './providers/provider.ts';
import { quickAnswers } from './quick-answers.ts';
import { createTurnRegistry, type TurnRegistry } from './running-turns.ts';
import type { ModelSettings } from './settings.ts';
import { modelPreferences, splitReference } from './settings.ts';
import type { GatewayTokens } from './tokens.ts';
import { createRuntimeTokens } from './tokens.ts';
import { createTurnLedger } from './turn-ledger.ts';

/** How long a streaming reader hears nothing before it is told that the connection lives. */
const keepAliveMs = 15_000;

export interface ModelGatewayOptions {
  ports: ModelGatewayPorts;
  settings: ModelSettings;
  /** Milliseconds since the epoch; the clock by default. */
  now?: () => number;
  /** In [0, 1): spreads the pauses before retries. */
  random?: () => number;
  /** The pause before a retry; a timer by default. */
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** How long a runtime's token lives without use, in milliseconds. */
  tokenLifetimeMs?: number;
  /** Told about errors that no caller is left to hear of: a usage that could not be recorded, a defect. Holds no secrets. */
  report?: (error: unknown) => void;
}

export interface ModelGateway {
  readonly tokens: GatewayTokens;
  /** For the hosts: which turns run. */
  readonly turns: RunningTurns & Pick<TurnRegistry, 'of'>;
  /**
   * Serves `POST /v1/chat/completions`, `POST /v1/messages` and `GET /v1/models` to one tenant. Mount it on that tenant's own
   * socket: requests need a live token of the same tenant as well.
   */
  handler(tenantId: string): RequestListener;
  /** Answers without a runtime, under the same policy. */
  readonly quickAnswers: QuickAnswers;
  /** What is used unless a tenant's policy says otherwise. `fallback` is a reference. */
  readonly active: { provider: string; model: string; fallback: string | null };
  /** References in order of preference. */
  readonly models: readonly [string, ...string[]];
  /** Cancels the calls under way and resolves when all that they owe to the ports has been told. */
  close(): Promise<void>;
}

/** The one place where tenants reach models. */
export function createModelGateway(options: ModelGatewayOptions): ModelGateway {
  const now = options.now ?? Date.now;
  const report = options.report ?? (() => undefined);
  const models = modelPreferences(options.settings);
  const tokens = createRuntimeTokens({
    now,
    ...(options.tokenLifetimeMs === undefined ? {} : { lifetimeMs: options.tokenLifetimeMs }),
  });
  const running = new Set<AbortController>();
  const owed = new Set<Promise<unknown>>();
  const turns = createTurnRegistry();

  const context: GatewayContext = {
    ports: options.ports,
    tokens,
    answerOptions: {
      providers: configuredProviders(options.settings),
      ledger: createTurnLedger(now),
      turns,
      ports: options.ports,
      now,
      random: options.random ?? Math.random,
      wait: options.wait ?? waitOnTimer,
      owe(work) {
        const settled = work.catch(report).finally(() => owed.delete(settled));
        owed.add(settled);
      },
    },
    report,
    running,
  };

  return {
    tokens,
    turns,
    models,
    quickAnswers: quickAnswers(context.answerOptions, running),
    active: { ...splitReference(models[0]), fallback: models[1] ?? null },
    handler(tenantId) {
      // A runtime is about to start: by the time it asks, the vendor's client is loaded.
      context.answerOptions.owe(
        context.answerOptions.providers.get(splitReference(models[0]).provider)?.() ?? Promise.resolve(),
      );
      return (request, response) => context.answerOptions.owe(handle(context, tenantId, request, response));
    },
    async close() {
      for (const controller of running) controller.abort();
      while (owed.size > 0) await Promise.all(owed);
    },
  };
}

interface GatewayContext {
  ports: ModelGatewayPorts;
  tokens: GatewayTokens;
  answerOptions: Omit<AnswerOptions, 'policy' | 'decoded' | 'signal' | 'arrivedAt' | 'configuredAsSlot'>;
  report: (error: unknown) => void;
  running: Set<AbortController>;
}

async function handle(
  context: GatewayContext,
  tenantId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const arrivedAt = context.answerOptions.now();
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const route = `${request.method} ${path}`;
  const asksAnthropic = path.startsWith('/v1/messages') || request.headers['anthropic-version'] !== undefined;
  const front = asksAnthropic ? anthropicFront : openaiFront;
  const refuse = (error: FrontError) => {
    // What the runtime is still sending is not read; the connection cannot be used again.
    if (!request.complete) response.setHeader('connection', 'close');
    sendJson(response, error.status, front.error(error));
  };

  if (!context.tokens.accepts(tenantId, bearerToken(request))) return refuse(wrongToken);
  let policy: TenantModelPolicy | null;
  try {
    policy = await context.ports.policyFor(tenantId);
  } catch (error) {
    context.report(error);
    return refuse(toFrontError(error));
  }
  if (policy === null) return refuse(noModels);

  switch (route) {
    case 'GET /v1/models':
      return sendJson(response, 200, modelList(policy.models, asksAnthropic));
    case 'POST /v1/chat/completions':
    case 'POST /v1/messages':
      return serve(context, policy, front, request, response, arrivedAt, refuse);
    default:
      return refuse({ status: 404, kind: 'not_found', code: 'not_found', message: `There is no ${route} here.` });
  }
}

/** The configuration of a runtime that was a warm slot until its own is written (`ProfileInput.revision`); generation 0 is a slot's. */
const warmSlotRevision = '0';

async function serve(
  context: GatewayContext,
  policy: TenantModelPolicy,
  front: Front,
  request: IncomingMessage,
  response: ServerResponse,
  arrivedAt: number,
  refuse: (error: FrontError) => void,
): Promise<void> {
  const decoded = await decode(front, request, refuse);
  if (decoded === null) return;

  const controller = new AbortController();
  const { signal } = controller;
  context.running.add(controller);
  response.on('close', () => controller.abort());
  // A reader that went away while the body was being read has closed already.
  if (response.destroyed) controller.abort();
  try {
    const configuredAsSlot = request.headers['x-rev'] === warmSlotRevision;
    const events = answer({ ...context.answerOptions, policy, decoded, signal, arrivedAt, configuredAsSlot });
    if (decoded.stream) await streamAnswer(front, decoded, events, response, signal);
    else await sendAnswer(front, decoded, events, response);
  } catch (thrown) {
    const isTold = thrown instanceof ProviderError || thrown instanceof CallCancelled;
    if (!signal.aborted && !isTold) context.report(thrown);
    if (response.destroyed || response.writableEnded) return;
    const error = toFrontError(thrown);
    if (response.headersSent) response.end(front.createStream(decoded).fail(error));
    else refuse(error);
  } finally {
    context.running.delete(controller);
  }
}

async function decode(
  front: Front,
  request: IncomingMessage,
  refuse: (error: FrontError) => void,
): Promise<DecodedRequest | null> {
  try {
    return front.decode(await readJson(request));
  } catch (error) {
    if (error instanceof BodyTooLarge) {
      refuse({ status: 413, kind: 'too_large', code: 'too_large', message: error.message });
    } else if (error instanceof MalformedRequest || error instanceof SyntaxError) {
      const message = error instanceof SyntaxError ? 'The body is not JSON.' : error.message;
      refuse({ status: 400, kind: 'invalid_request', code: 'invalid_request', message });
    } else if (!request.destroyed) {
      throw error;
    }
    return null;
  }
}

/** The status is sent with the first event: until then a failure can still be told by its own status. */
async function streamAnswer(
  front: Front,
  decoded: DecodedRequest,
  events: ReturnType<typeof answer>,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const stream = front.createStream(decoded);
  const keepAlive = setInterval(() => {
    if (!response.headersSent) beginEventStream(response);
    if (!response.writableNeedDrain) response.write(stream.keepAlive);
  }, keepAliveMs);
  try {
    for await (const event of events) {
      if (!response.headersSent) beginEventStream(response);
      keepAlive.refresh();
      await writeWithBackpressure(response, stream.encode(event), signal);
    }
    response.end();
  } finally {
    clearInterval(keepAlive);
  }
}

async function sendAnswer(
  front: Front,
  decoded: DecodedRequest,
  events: ReturnType<typeof answer>,
  response: ServerResponse,
): Promise<void> {
  const encoder = front.createDocument(decoded);
  for await (const event of events) encoder.add(event);
  sendJson(response, 200, encoder.document());
}

/**
 * OpenClaw 2026.6.35 passes the message of a 4xx on to the person, replaces that of a 5xx by its own, asks again three times after a
 * 5xx, and after a 429 for minutes. The gateway has already tried what can be tried, so a failure is final: 400 says so.
 * `context_length_exceeded` is the code on which OpenClaw shortens the conversation and goes on.
 */
function toFrontError(thrown: unknown): FrontError {
  if (thrown instanceof ProviderError) {
    return {
      status: 400,
      kind: thrown.contextTooLong ? 'invalid_request' : 'model_failure',
      code: thrown.contextTooLong ? 'context_length_exceeded' : thrown.failure.reason,
      message: thrown.failure.message,
    };
  }
  if (thrown instanceof CallCancelled) {
    return { status: 400, kind: 'model_failure', code: 'cancelled', message: 'The model call was cancelled.' };
  }
  return {
    status: 400,
    kind: 'model_failure',
    code: 'model_error',
    message: 'The model gateway met an error of its own. Ask IT to look at the log.',
  };
}

const wrongToken: FrontError = {
  status: 401,
  kind: 'authentication',
  code: 'invalid_token',
  message: "This token is not one of this agent's, or it has been revoked.",
};

const noModels: FrontError = {
  status: 403,
  kind: 'permission',
  code: 'models_not_allowed',
  message: 'This agent may not call models at the moment.',
};
