import { createHash, randomBytes } from 'node:crypto';
import { type ApiScope, ClawpoolError } from '@clawpool/contracts';
import type { Principal } from '../organization/principal.ts';

/** What every key begins with, so that scanners of source code find one that was leaked. */
export const apiKeyPrefix = 'cpk_';

/** Requests a key may make in a minute, unless the installation says otherwise. */
export const defaultKeyRequestsPerMinute = 60;

/** `cpk_` and 256 random bits as base64url. */
export const newApiKey = (): string => apiKeyPrefix + randomBytes(32).toString('base64url');

/** A key has 256 random bits: nobody finds it from a plain hash. */
export const hashOfKey = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** To recognize it by; what is left has still more than 200 random bits. */
export const prefixOfKey = (secret: string): string => secret.slice(0, apiKeyPrefix.length + 6);

/** The key of an `Authorization` header; null: there is none in it. */
export function keyInHeader(authorization: string | undefined): string | null {
  const token = authorization?.match(/^Bearer +(\S+)$/iu)?.[1];
  return token?.startsWith(apiKeyPrefix) ? token : null;
}

export type ApiKeyIdentity = NonNullable<Principal['apiKey']>;

/**
 * The key of a principal that is one.
 *
 * @throws ClawpoolError `not_allowed`: it is a person, or the key has none of the scopes
 */
export function keyWithScope(principal: Principal, ...scopes: readonly ApiScope[]): ApiKeyIdentity {
  const key = principal.apiKey;
  if (!key) throw new ClawpoolError('not_allowed', 'This needs an API key.', 'Send it as Authorization: Bearer cpk_….');
  if (scopes.some((scope) => key.scopes.includes(scope))) return key;
  throw new ClawpoolError(
    'not_allowed',
    `The API key “${key.name}” lacks the scope ${scopes.join(' or ')}.`,
    'An admin can make one that has it.',
  );
}

/** Who talks in a session of a key: `user` is the integrator's own name of them. */
export const callerKeyOf = (keyId: string, user: string): string => `key:${keyId}:${user}`;

/** The integrator's name of whoever talks; null: the session is not the key's. */
export function userOfCaller(callerKey: string, keyId: string): string | null {
  const begin = callerKeyOf(keyId, '');
  return callerKey.startsWith(begin) ? callerKey.slice(begin.length) : null;
}
