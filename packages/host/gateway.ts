import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningTurn, RunningTurns, TurnEvent, TurnRequest } from '@clawpool/contracts';
import { connectToRuntime } from '@clawpool/runtimes';
import type { OpenClawProfile, TurnFailure, TurnInput } from '@clawpool/workspace';
import { createParser } from 'eventsource-parser';
import { Pool } from 'undici';
import { whileWaitedFor } from './abandoned-turn.ts';

/** A tenant's gateway, reached through its in pipe. What comes back is untrusted: the tenant may answer instead of its gateway. */
export interface Gateway {
  /** Asks until it is ready; rejects only when `signal` is aborted. */
  ready(signal: AbortSignal): Promise<void>;
  /** Asks once. */
  answers(signal: AbortSignal): Promise<boolean>;
  /**
   * One turn. Ends with `done` or `failed`; when `signal` is aborted it ends without either, and the run is cancelled: by ending its model
   * calls, and the tool that it is at by hanging up, where the gateway looks at that.
   */
  turn(turn: PlacedTurn, signal: AbortSignal): AsyncGenerator<TurnEvent, void>;
  /** Resolves when no run goes on that nobody waits for; a turn's own limit ends each. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** A turn whose uploads are where the agent finds them. */
export type PlacedTurn = Omit<TurnRequest, 'uploads'> & Pick<TurnInput, 'uploads' | 'replaced'>;

/** How much one answer may be. */
export const answerBounds = {
  /** The whole response, framing included: each few characters of text come in a frame of 200 bytes. */
  responseBytes: 64 * 1024 * 1024,
  eventCharacters: 1024 * 1024,
  textCharacters: 1024 * 1024,
  refusalBytes: 64 * 1024,
} as const;

const pollMs = 15;

export function createGateway(options: {
  socketFolder: string;
  profile: OpenClawProfile;
  gatewayToken: string;
  turns: RunningTurns;
}): Gateway {
  const { socketFolder, profile, gatewayToken, turns } = options;
  const pool = new Pool('http://gateway', {
    connect: (_, callback) => {
      connectToRuntime(socketFolder).then(
        (socket) => callback(null, socket),
        (error) => callback(error, null),
      );
    },
    connections: 32,
    pipelining: 1,
    maxHeaderSize: 16_384,
    maxResponseSize: answerBounds.responseBytes,
    headersTimeout: 60_000,
    bodyTimeout: 0, // an agent that works on something says nothing for long; the turn's own limit holds
    keepAliveTimeout: 30_000,
  });

  /** Runs that nobody waits for any more. None rejects. */
  const abandoned = new Set<Promise<void>>();

  async function ready(signal: AbortSignal): Promise<void> {
    while (!(await answers(signal))) {
      signal.throwIfAborted();
      await sleep(pollMs, undefined, { signal });
    }
  }

  async function answers(signal: AbortSignal): Promise<boolean> {
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path: profile.readinessPath, signal });
      await body.dump({ limit: 64 * 1024, signal });
      return statusCode === 200;
    } catch {
      return false; // nobody listens yet, or any more
    }
  }

  async function* turn(request: PlacedTurn, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    if (signal.aborted) return;
    const limit = AbortSignal.timeout(profile.longestTurnMs);
    const hangUp = new AbortController();
    const running = turns.begin(request.tenantId, request.turnId);
    const events = ask(request, running, AbortSignal.any([limit, hangUp.signal]));
    try {
      const hungUp = profile.cancelsOnDisconnect ? hangUp : null;
      yield* whileWaitedFor({ events, running, signal, hangUp: hungUp, abandoned: keep });
    } catch (error) {
      if (signal.aborted) return;
      if (limit.aborted) yield failed(tookTooLong);
      else yield failed(brokenOff(error));
    }
  }

  function keep(over: Promise<void>): void {
    abandoned.add(over);
    void over.then(() => abandoned.delete(over));
  }

  async function quiet(): Promise<void> {
    await Promise.all(abandoned);
  }

  async function* ask(request: PlacedTurn, running: RunningTurn, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    const { statusCode, body } = await pool.request({ ...profile.turnRequest({ ...request, gatewayToken }), signal });
    if (statusCode !== 200) {
      yield failed(profile.refusal(statusCode, await readBounded(body, answerBounds.refusalBytes)));
      return;
    }
    let text = '';
    for await (const data of events(body)) {
      for (const event of profile.answerEvent(data)) {
        if (event.type === 'failed') {
          yield failed(event.failure);
          return;
        }
        if (event.type === 'end') {
          const failure = (profile.tellsFailures ? null : untold(running)) ?? profile.answerFailure(text);
          yield failure ? failed(failure) : { type: 'done', text };
          return;
        }
        text += event.text;
        if (text.length > answerBounds.textCharacters) throw new UnusableAnswer('it is too long');
        yield { type: 'delta', text: event.text };
      }
    }
    throw new Error('the answer ended in the middle');
  }

  return { ready, answers, turn, quiet, close: () => pool.destroy() };
}

/** The data of each server-sent event. Leaving the loop closes the connection. */
async function* events(body: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let arrived: string[] = [];
  let unusable = false;
  const parser = createParser({
    maxBufferSize: answerBounds.eventCharacters,
    onEvent: ({ data }) => arrived.push(data),
    onError: ({ type }) => {
      unusable ||= type === 'max-buffer-size-exceeded';
    },
  });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const now = arrived;
    arrived = [];
    yield* now;
    if (unusable) throw new UnusableAnswer('one event is too long');
  }
}

async function readBounded(body: AsyncIterable<Buffer>, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks).toString();
}

class UnusableAnswer extends Error {}

function untold(running: RunningTurn): TurnFailure | null {
  const failure = running.failure();
  return failure && { ...failure, retry: false };
}

const tookTooLong: TurnFailure = {
  reason: 'turn_timeout',
  message: 'The agent took too long to answer and was stopped.',
  retry: false,
};

function brokenOff(error: unknown): TurnFailure {
  const { code } = error as { code?: string };
  if (error instanceof UnusableAnswer || code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return { reason: 'agent_error', message: 'The agent’s answer cannot be used: it is too long.', retry: false };
  }
  return { reason: 'exited', message: 'The agent’s runtime ended while it was answering.', retry: true };
}

const failed = (failure: TurnFailure): TurnEvent => ({ type: 'failed', ...failure });
