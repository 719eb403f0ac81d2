import { z } from 'zod';
import { createSeal } from '../store/seal.ts';

export interface SealedTokens<T> {
  seal(value: T): string;
  /** Null: not sealed by this installation for this, changed, or older than it may be. */
  open(token: string | null): T | null;
}

/** What a browser keeps for us between two requests, unreadable and for a while only. `seconds`: how long. */
export function sealedTokens<T>(
  secret: string,
  {
    purpose,
    seconds,
    shape,
    now = Date.now,
  }: { purpose: string; seconds: number; shape: z.ZodType<T>; now?: () => number },
): SealedTokens<T> {
  const seal = createSeal(secret, purpose);
  const envelope = z.object({ until: z.number(), value: shape });
  return {
    seal: (value) => seal.seal(JSON.stringify({ until: now() + seconds * 1000, value })),
    open: (token) => {
      if (token === null) return null;
      try {
        const { until, value } = envelope.parse(JSON.parse(seal.open(token)));
        return until > now() ? value : null;
      } catch {
        // Whoever sends something else has no token of ours.
        return null;
      }
    },
  };
}
