import { constants } from 'node:os';

/**
 * How the command ended. A boundary reports a command that died of a signal as a shell does, with status 128 + signal; it is
 * turned back into the signal's name.
 */
export function exitOf(
  code: number | null,
  signal: string | null,
  throughBoundary: boolean,
): { code: number | null; signal: string | null } {
  if (!throughBoundary || code === null || code <= 128) return { code, signal };
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name ? { code: null, signal: name } : { code, signal };
}
