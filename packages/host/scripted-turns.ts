import type { ServerResponse } from 'node:http';
import type { RunningTurns } from '@clawpool/contracts';

export interface ScriptedTurns extends RunningTurns {
  /** Refuses a call of a turn that is cancelled, and ends it when the turn will be while it is answered. False: it is to be answered. */
  refuse(call: { system: string; cancelled: boolean }, response: ServerResponse): boolean;
}

/** The model gateway's knowledge of turns, for a host whose model is scripted: a turn's first line in the prompt says whose a call is. */
export function scriptedTurns(): ScriptedTurns {
  const turns = new Map<string, { asked: boolean; cancelling: AbortController }>();
  return {
    begin: (_, turnId) => {
      const turn = { asked: false, cancelling: new AbortController() };
      turns.set(turnId, turn);
      return {
        asked: () => turn.asked,
        failure: () => null,
        cancel: () => turn.cancelling.abort(),
        end: () => turns.delete(turnId),
      };
    },
    refuse: (call, response) => {
      const turn = turns.get(/\[clawpool turn ([\w.:-]+)\]/u.exec(call.system)?.[1] ?? '');
      if (!turn) return false;
      turn.asked = true;
      const { signal } = turn.cancelling;
      call.cancelled = signal.aborted;
      if (signal.aborted) response.writeHead(400, { 'content-type': 'application/json' }).end(cancelled);
      else
        signal.addEventListener('abort', () => {
          if (response.writableEnded) return;
          call.cancelled = true;
          response.end(`data: ${cancelled}\n\n`);
        });
      return signal.aborted;
    },
  };
}

const cancelled = JSON.stringify({ error: { message: 'The model call was cancelled.', code: 'cancelled' } });
