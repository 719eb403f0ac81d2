import type { HostedRuntime, StartResult } from '@clawpool/contracts';
import type { StartFailure } from './start-failure.ts';
import { failureOf } from './start-failure.ts';
import type { TenantRuntime } from './tenant-runtime.ts';

/** One runtime, from the request to start it until nothing of it is left. */
export interface Hosted {
  readonly id: string;
  readonly kind: HostedRuntime['kind'];
  readonly generation: number;
  readonly image: string;
  readonly requestedAt: Date;
  readonly stopping: AbortController;
  /** Null while it starts, and when that failed. */
  runtime: TenantRuntime | null;
  paused: boolean;
  /** A warm slot whose runtime is being made a tenant's: the tenant's entry looks after it from then on. */
  claimed: boolean;
  /** Null: a warm slot that could not be used. */
  readonly result: Promise<StartResult | null>;
  /** Resolves when nothing of it is left, with what its end means; null when it never ran. */
  readonly gone: Promise<StartFailure | null>;
}

export type Begun = { ok: true; runtime: TenantRuntime } | { ok: false; failure: StartFailure } | null;

/**
 * @param begin starts it; `signal` asks it to give up
 * @param putAway called once it is gone, or did not come to be
 */
export function hosted(
  what: Pick<Hosted, 'id' | 'kind' | 'generation' | 'image'>,
  begin: (signal: AbortSignal) => Promise<Begun>,
  putAway: (hosted: Hosted) => Promise<void> = async () => {},
): Hosted {
  const startedAt = performance.now();
  const stopping = new AbortController();
  const begun = begin(stopping.signal).catch((error): Begun => ({ ok: false, failure: failureOf(error) }));
  const result = begun.then((start): StartResult | null => {
    if (start === null || !start.ok) return start && { ok: false, ...start.failure };
    runtime.runtime = start.runtime;
    return { ok: true, readyMs: Math.round(performance.now() - startedAt) };
  });
  const gone = result.then(async () => {
    const exit = (await runtime.runtime?.ended) ?? null;
    await putAway(runtime);
    return exit;
  });
  const state = { runtime: null, paused: false, claimed: false };
  const runtime: Hosted = { ...what, requestedAt: new Date(), stopping, result, gone, ...state };
  return runtime;
}

/** Stops it, however far it is. Resolves when nothing of it is left. */
export async function end(hosted: Hosted): Promise<void> {
  hosted.stopping.abort();
  await hosted.result;
  await hosted.runtime?.stop();
  await hosted.gone;
}

/** How long a gateway may take to say that it is there. */
const answersWithinMs = 2_000;

/** What it is like now. */
export async function describeHosted(hosted: Hosted, address: string): Promise<HostedRuntime> {
  const { id, kind, generation, image, runtime } = hosted;
  const state = stateOf(hosted);
  const isAsked = state === 'running' && runtime?.standsStill() === false;
  const answers = isAsked ? await runtime?.answers(AbortSignal.timeout(answersWithinMs)) : null;
  return {
    id,
    kind,
    generation,
    image,
    state,
    answers: answers ?? null,
    startedAt: runtime?.startedAt ?? hosted.requestedAt,
    address: runtime?.address ?? address,
    port: runtime?.port ?? 0,
  };
}

function stateOf({ stopping, runtime, paused }: Hosted): HostedRuntime['state'] {
  if (stopping.signal.aborted) return 'stopping';
  if (runtime === null) return 'starting';
  return paused ? 'paused' : 'running';
}
