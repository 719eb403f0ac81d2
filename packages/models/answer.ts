import type { ModelFailure, ModelGatewayPorts, TenantModelPolicy } from '@clawpool/contracts';
import type { AnswerEvent, AttemptOptions } from './attempts.ts';
import { askModels, CallCancelled } from './attempts.ts';
import type { ModelEvent } from './exchange.ts';
import type { DecodedRequest } from './fronts/front.ts';
import type { Language } from './language.ts';
import { languageOf } from './language.ts';
import type { TurnRegistry } from './running-turns.ts';
import { enforceToolPolicy, policyOfTurn, type RefusedCall, removeForbiddenTools } from './tool-policy.ts';
import type { TurnLedger } from './turn-ledger.ts';
import { takeTurnId } from './turn-line.ts';

export interface AnswerOptions {
  decoded: DecodedRequest;
  policy: TenantModelPolicy;
  ports: ModelGatewayPorts;
  ledger: TurnLedger;
  turns: TurnRegistry;
  providers: AttemptOptions['providers'];
  signal: AbortSignal;
  /**
   * The runtime still has the configuration of the warm slot it was: it offers what its tier allows, and what of that the policy takes
   * away is no news.
   */
  configuredAsSlot: boolean;
  /** When the request arrived, by `now`. */
  arrivedAt: number;
  now: () => number;
  random: () => number;
  wait: AttemptOptions['wait'];
  /** Takes over work that must be finished but that nobody waits for. */
  owe(work: Promise<unknown>): void;
}

/**
 * One answer under a tenant's policy: the turn is recognised and its calls counted, forbidden tools are taken out of the request and
 * out of the answer, the models are asked in order, and everything is told to the ports.
 * Throws ProviderError when no model answers, CallCancelled when the caller has gone or nobody waits
 * for the turn any more.
 */
export async function* answer(options: AnswerOptions): AsyncGenerator<AnswerEvent> {
  const { ports, ledger, turns } = options;
  const { organizationId, tenantId } = options.policy;
  const { request: withoutTurn, turnId } = takeTurnId(
    options.decoded.request,
    (id) => turns.find(tenantId, id) !== undefined,
  );
  const turn = turnId === null ? undefined : turns.find(tenantId, turnId);
  turn?.noteCall();
  if (turn?.cancelled.aborted) throw new CallCancelled();
  const language = languageOf(withoutTurn);
  const offered = new Set(withoutTurn.tools.map((tool) => tool.name));
  const policy = policyOfTurn(options.policy, turn === undefined ? null : turnId, offered);

  if (ledger.countCall(tenantId, turnId) > policy.maxCallsPerTurn) {
    yield* overTheCap(policy, language);
    return;
  }

  const { request: permitted, removed } = removeForbiddenTools(withoutTurn, policy.tools);
  const request = { ...permitted, maxTokens: lowest(permitted.maxTokens, policy.maxOutputTokens ?? null) };
  for (const tool of new Set(removed)) {
    if (!options.configuredAsSlot && ledger.firstRefusal(tenantId, turnId, tool)) {
      const refusal = {
        organizationId,
        tenantId,
        turnId,
        tool,
        stage: 'request',
        cause: 'tool',
        why: null,
        offered: true,
        argumentsText: '',
      } as const;
      options.owe(ports.recordRefusal(refusal));
    }
  }

  const answered = askModels({
    request,
    models: policy.models,
    providers: options.providers,
    signal: turn ? AbortSignal.any([options.signal, turn.cancelled]) : options.signal,
    turn: turnId === null ? null : `${tenantId}/${turnId}`,
    arrivedAt: options.arrivedAt,
    now: options.now,
    random: options.random,
    wait: options.wait,
    record: (attempt) => {
      turn?.note(attempt);
      options.owe(ports.recordUsage({ organizationId, tenantId, turnId, ...attempt }));
    },
  });
  const refuse = (call: RefusedCall) =>
    ports.recordRefusal({
      ...{ organizationId, tenantId, turnId, ...call },
      stage: 'response',
      offered: offered.has(call.tool),
    });
  const allow = async (tool: string, argumentsText: string) => {
    // Calls outside of a turn that a host runs are nobody's acts.
    if (turn === undefined || turnId === null) return;
    try {
      const grantedOnce = policy.onceTools?.has(tool) ?? false;
      await ports.recordToolCall({ tenantId, turnId, tool, argumentsText, grantedOnce });
    } catch (error) {
      turn.note({ outcome: 'error', failure: notRecorded });
      throw error;
    }
  };
  try {
    const first = await answered.next();
    if (first.done) return;
    yield first.value;
    yield* enforceToolPolicy(answered as AsyncGenerator<ModelEvent>, { policy, language, refuse, allow });
  } finally {
    await answered.return(undefined);
  }
}

const notRecorded: ModelFailure = {
  reason: 'model_error',
  message: 'What the agent wanted to do could not be recorded, and so was not done. Please try again.',
};

/** Of two bounds, where null is none. */
const lowest = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** Told instead of asking a model: OpenClaw would otherwise ask for ever when a tool call of the model keeps failing. */
function* overTheCap(policy: TenantModelPolicy, language: Language): Generator<AnswerEvent> {
  const calls = policy.maxCallsPerTurn;
  const text =
    language === 'zh'
      ? `我先停下来：这条消息已经调用了 ${calls} 次模型，这是上限。请把任务拆小一些，或换一种说法。`
      : `I stop here: this message has already caused ${calls} model calls, which is the limit. Please ask for a smaller step, or in another way.`;
  yield { type: 'start', model: policy.models[0] };
  yield { type: 'text', text };
  yield { type: 'end', reason: 'stop', usage: { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 } };
}
