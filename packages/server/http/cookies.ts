import type { FastifyRequest } from 'fastify';

/** What we keep in browsers besides better-auth's session; the paths are where they are looked at and nowhere else. */
export const cookies = {
  /** Between leaving for an identity provider and coming back. */
  attempt: { name: 'clawpool.sign_in_attempt', path: '/api/v1/sign-in' },
  /** Between the first and the second step of a sign-in. */
  pending: { name: 'clawpool.pending_sign_in', path: '/api/v1/session' },
  /** This browser is not asked for the second step. */
  device: { name: 'clawpool.trusted_device', path: '/api/v1' },
} as const;
type Cookie = (typeof cookies)[keyof typeof cookies];

/** A `Set-Cookie` line; `seconds` 0 takes the cookie away. Lax: the way back from a provider is a link from another site. */
export const cookieLine = ({ name, path }: Cookie, value: string, seconds: number): string =>
  `${name}=${value}; Path=${path}; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;

/** Null: the browser sent none. */
export function readCookie({ headers }: FastifyRequest, { name }: Cookie): string | null {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const found = pairs.find((pair) => pair.startsWith(`${name}=`));
  return found?.slice(name.length + 1) || null;
}
