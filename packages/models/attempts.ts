import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelFailure, ModelUsage } from '@clawpool/contracts';
import type { ModelEvent, ModelRequest } from './exchange.ts';
import { createMeter } from './metering.ts';
import type { ModelProvider } from './providers/provider.ts';
import { ProviderError } from './providers/provider.ts';
import { splitReference } from './settings.ts';

/** How often one model is asked before the next one is. */
const triesPerModel = 3;
/** The first pause; it doubles with each further one. */
const firstPauseMs = 500;
/** A vendor that asks for a longer pause than this is not waited for: a person is waiting. */
const longestPauseMs = 8_000;

export interface AttemptOptions {
  request: ModelRequest;
  /** References in order of preference. */
  models: readonly string[];
  providers: ReadonlyMap<string, () => Promise<ModelProvider>>;
  signal: AbortSignal;
  turn: string | null;
  /** When the request arrived, by `now`. */
  arrivedAt: number;
  now: () => number;
  random: () => number;
  wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Called once for every attempt that was made. */
  record(attempt: AttemptRecord): void;
}

export type AttemptRecord = Omit<ModelUsage, 'organizationId' | 'tenantId' | 'turnId'>;

/** An answer, told with the reference of the model that gives it. */
export type AnswerEvent = { type: 'start'; model: string } | ModelEvent;

/** The caller went away; nobody is left to be told anything. */
export class CallCancelled extends Error {
  constructor() {
    super('The model call was cancelled.');
    this.name = 'CallCancelled';
  }
}

/**
 * Asks the models in order until one answers. The same one is asked again after trouble that passes (429, 5xx, overload, network), with
 * growing pauses; then comes the next. Once an answer has begun, it is this one or none: what the person has read cannot be taken back.
 * Throws ProviderError of the last attempt, or CallCancelled.
 */
export async function* askModels(options: AttemptOptions): AsyncGenerator<AnswerEvent> {
  const { request, signal, now } = options;
  let attempt = 0;
  let lastError: ProviderError | null = null;

  for (const reference of options.models) {
    const { provider: providerName, model } = splitReference(reference);
    for (let tries = 1; tries <= triesPerModel; tries += 1) {
      if (signal.aborted) throw new CallCancelled();
      attempt += 1;
      const meter = createMeter(request);
      let firstTokenMs: number | null = null;
      let recorded = false;
      const record = (outcome: ModelUsage['outcome'], failure: ModelFailure | null) => {
        recorded = true;
        const counted = outcome === 'error' && firstTokenMs === null ? meter.nothing() : meter.usage();
        const durationMs = now() - options.arrivedAt;
        options.record({
          provider: providerName,
          model,
          ...counted,
          firstTokenMs,
          durationMs,
          outcome,
          failure,
          attempt,
        });
      };

      try {
        const provider = await providerOf(options.providers, providerName, reference);
        for await (const event of provider.stream(request, { model, signal, turn: options.turn })) {
          if (signal.aborted) throw new CallCancelled();
          if (firstTokenMs === null) {
            firstTokenMs = now() - options.arrivedAt;
            yield { type: 'start', model: reference };
          }
          meter.add(event);
          if (event.type === 'end') {
            record('ok', null);
            yield { ...event, usage: meter.usage() };
            return;
          }
          yield event;
        }
        throw brokenOff(providerName);
      } catch (thrown) {
        if (signal.aborted) throw new CallCancelled();
        lastError = thrown instanceof ProviderError ? thrown : unexpected(thrown);
        if (!recorded) record('error', lastError.failure);
        if (firstTokenMs !== null) throw lastError;
      } finally {
        // Reached unrecorded only when the caller left: it aborted, or stopped reading.
        if (!recorded) record('cancelled', null);
      }

      const pause = pauseBefore(tries + 1, lastError, options.random);
      if (!lastError.retry || tries === triesPerModel || pause > longestPauseMs) break;
      await options.wait(pause, signal).catch(() => undefined);
    }
  }
  throw lastError ?? notConfigured('any model');
}

/** Waits, or rejects at once when the signal is aborted. */
export function waitOnTimer(milliseconds: number, signal: AbortSignal): Promise<void> {
  return sleep(milliseconds, undefined, { signal });
}

async function providerOf(
  providers: AttemptOptions['providers'],
  name: string,
  reference: string,
): Promise<ModelProvider> {
  const load = providers.get(name);
  if (!load) throw notConfigured(reference);
  return load();
}

/** Half of the pause is random, so that many agents that were refused together do not come back together. */
function pauseBefore(nextTry: number, error: ProviderError, random: () => number): number {
  const pause = firstPauseMs * 2 ** (nextTry - 2);
  const jittered = pause / 2 + (random() * pause) / 2;
  return Math.max(jittered, error.retryAfterMs ?? 0);
}

function notConfigured(reference: string): ProviderError {
  return new ProviderError({
    reason: 'model_unavailable',
    message: `The model ${reference} is not set up in this Clawpool. Ask IT to choose another model or to add the provider's key.`,
  });
}

function brokenOff(provider: string): ProviderError {
  return new ProviderError(
    {
      reason: 'model_unavailable',
      message: `The connection to ${provider} broke off before the answer was complete. Please try again.`,
    },
    { retry: true },
  );
}

function unexpected(cause: unknown): ProviderError {
  return new ProviderError(
    { reason: 'model_error', message: 'The model gateway met an error of its own. Ask IT to look at the log.' },
    { cause },
  );
}
