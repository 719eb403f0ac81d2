import type { OperationPhase, TenantState } from '@clawpool/contracts';
import type { Transaction } from '../../store/database.ts';
import type { Work } from './world.ts';

/** Ends the operation as part of a transaction; only the last step is given it, and need not use it. */
export type Finish = (tx: Transaction) => Promise<void>;

/**
 * One step of an operation. It may be run again from its beginning after its process was killed in the middle of it, so it looks at what
 * is there before it does something.
 */
export interface Step {
  /** Unique within the plan; kept in the operation's row, so that the next process goes on with it. */
  name: string;
  /** What people are shown meanwhile. */
  phase: OperationPhase;
  /** Absent: always. */
  isNeeded?: (work: Work) => boolean | Promise<boolean>;
  run: (work: Work, finish: Finish | null) => Promise<void>;
}

/** How an operation of one kind is done. */
export interface Plan {
  steps: readonly Step[];
  /**
   * Puts the tenant's own columns back to what they were, when a step fails or the operation is ended from outside. Waits for no host:
   * one that hangs is a reason to end an operation. Run a second time, it changes nothing.
   */
  undo?: (tx: Transaction, work: Work) => Promise<void>;
  /** When a step fails, a tenant that ran is started again as it was. */
  startsAgain?: boolean;
}

/** Did it have a runtime when the operation began? Then it has one again at the end. */
export const ran = ({ operation }: Work): boolean =>
  (['creating', 'running', 'paused'] as (TenantState | undefined)[]).includes(operation.progress.stateBefore);

/** What a tenant without a runtime is, that was this before: what failed is tried again with the next message. */
export const atRest = (before: TenantState | undefined): TenantState =>
  before === 'stopped' ? 'stopped' : 'hibernated';
