import type { TurnFailureReason } from '@clawpool/contracts';
import type { Transaction } from '../store/database.ts';
import type { ClaimedTurn } from './turn-store.ts';

/** A turn that is over. */
export interface EndedTurn {
  turn: ClaimedTurn;
  state: 'answered' | 'failed' | 'stopped' | 'handed_over';
  /** The answer; empty where there is none. */
  text: string;
  /** Ids of the answer's attachments. */
  attachments: readonly string[];
  /** Null: there is no answer. */
  messageId: string | null;
  /** It is a direct answer of the model, not the agent's. */
  quick: boolean;
  failure: { reason: TurnFailureReason; message: string; hint: string } | null;
  at: Date;
}

/** Called in the transaction that ends a turn, once per turn: what has to follow commits with it. */
export type TurnEndListener = (tx: Transaction, ended: EndedTurn) => Promise<void>;

/** Hears how turns of this process go, without waiting for anything: for what is shown while they run. Must not throw. */
export interface TurnWatcher {
  /** The runtime is being started for it; `generation` is the one it will not have any more. */
  waking?(turn: ClaimedTurn): void;
  thinking?(turn: ClaimedTurn): void;
  delta?(turn: ClaimedTurn, text: string): void;
  /** What was streamed so far does not count. */
  restart?(turn: ClaimedTurn): void;
  /** It is over, given up to another process, or waits (blocked). Its end was committed before. */
  left?(turn: ClaimedTurn): void;
}
