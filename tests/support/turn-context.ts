import type { TurnContext } from '@clawpool/contracts';

/** Of a turn that a person signed in to the portal asks for. */
export const portalTurn = (caller: string, changes: Partial<TurnContext> = {}): TurnContext => ({
  path: 'emp',
  origin: 'portal',
  caller,
  verification: 'signed_in',
  missed: [],
  interruptedAfter: null,
  ...changes,
});
