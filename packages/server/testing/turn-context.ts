import type { TurnContext } from '@clawpool/contracts';

/** What a turn is asked with by a person who is signed in to the portal. */
export const signedIn: TurnContext = {
  path: 'emp',
  origin: 'portal',
  caller: 'A test, signed in to the portal.',
  verification: 'signed_in',
  missed: [],
  interruptedAfter: null,
};
