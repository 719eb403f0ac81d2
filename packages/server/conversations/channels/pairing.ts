import { createHash, randomInt } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** 12 characters: 62 bits, far more than can be guessed within 15 minutes at five tries in ten. */
export const pairingToken = (): string => Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join('');

/** What is kept of a token. People copy by hand, so small letters are the same as large ones. */
export const hashOfToken = (token: string): string =>
  createHash('sha256').update(token.trim().toUpperCase()).digest('hex');

/** Wrong tokens of one person within this time, after which no token is looked at. */
export const wrongTokenLimit = { tokens: 5, withinMs: 10 * 60_000 } as const;

/** Somebody who is not paired, or writes in a group, is told what to do this often. */
export const explanationEveryMs = 60 * 60_000;
