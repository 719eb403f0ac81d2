import { createHash, randomBytes } from 'node:crypto';

/** What every token begins with, so that scanners of source code find one that was leaked. */
const scimTokenPrefix = 'cps_';

/** `cps_` and 256 random bits as base64url. */
export const newScimToken = (): string => scimTokenPrefix + randomBytes(32).toString('base64url');

/** A token has 256 random bits: nobody finds it from a plain hash. */
export const hashOfToken = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** To recognise it by; what is left has still more than 200 random bits. */
export const prefixOfToken = (secret: string): string => secret.slice(0, scimTokenPrefix.length + 6);

/** The token of an `Authorization` header; null: there is none in it. */
export function tokenInHeader(authorization: string | undefined): string | null {
  const token = authorization?.match(/^Bearer +(\S+)$/iu)?.[1];
  return token?.startsWith(scimTokenPrefix) ? token : null;
}
