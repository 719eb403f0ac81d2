import type { TurnContext } from '@clawpool/contracts';
import type { TenantRuntime } from './tenant-runtime.ts';

/** One turn of a runtime that is nobody's, so that everything a turn needs has been loaded. Rejects when it fails. */
export async function throwAwayTurn(
  runtime: TenantRuntime,
  id: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const context: TurnContext = {
    path: 'admin',
    origin: 'portal',
    caller: 'Clawpool itself.',
    verification: 'signed_in',
    missed: [],
    interruptedAfter: null,
  };
  const turn = { tenantId: id, turnId: 'throw-away', session: throwAwaySession, text, context };
  for await (const event of runtime.turn(turn, signal)) {
    if (event.type === 'failed') throw new Error(event.message);
  }
  signal.throwIfAborted();
}

const throwAwaySession = 'throw-away';
