import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { apiKeyPrefix, defaultKeyRequestsPerMinute, keyInHeader } from '../integrations/api-key.ts';
import { principalOfKey } from '../integrations/api-key-service.ts';
import { countRequest } from '../integrations/request-limit.ts';
import { localOperator } from '../organization/installation.ts';
import { findPrincipal, type PrincipalRecord } from '../organization/principal-store.ts';
import type { Drizzle } from '../store/database.ts';
import { isSameOrigin } from './same-origin.ts';
import { readOrCreateSecret } from './secrets.ts';
import { createSessions, type Sessions } from './sessions.ts';

export interface SignedIn extends PrincipalRecord {
  /** Null for the operator token and for API keys, which have no session. */
  sessionId: string | null;
  /** Who vouched for them at sign-in; null: a password, or no session. */
  identityProviderId: string | null;
}

export interface Authentication {
  sessions: Sessions;
  /** What the command line on this machine signs in with; also in `<dataFolder>/operator.token`. */
  operatorToken: string;
  /**
   * Whoever sends the request, by operator token, API key or session cookie. With a key it is counted. Errors: `not_signed_in`,
   * `session_expired`, `not_allowed`, `too_many_requests`.
   */
  requirePrincipal(request: FastifyRequest, reply: FastifyReply): Promise<SignedIn>;
  isStillSignedIn(request: FastifyRequest): Promise<boolean>;
  hasOperatorToken(request: FastifyRequest): boolean;
  /** Error: `not_allowed` when a page of another origin causes a change. */
  refuseForeignOrigin(request: FastifyRequest): void;
  /** Sends better-auth's cookies, `Secure` where the request came by https. */
  setCookies(request: FastifyRequest, reply: FastifyReply, setCookie: readonly string[]): void;
}

/** Who is asking. Secrets live in the data folder, readable by its owner only. */
export async function createAuthentication({
  db,
  dataFolder,
  keyRequestsPerMinute = defaultKeyRequestsPerMinute,
}: {
  db: Drizzle;
  dataFolder: string;
  /** How many requests one API key may make in a minute. */
  keyRequestsPerMinute?: number | undefined;
}): Promise<Authentication> {
  const sessions = createSessions({ db, secret: await readOrCreateSecret(join(dataFolder, 'secret.key')) });
  const operatorToken = await readOrCreateSecret(join(dataFolder, 'operator.token'));

  function hasOperatorToken({ headers }: FastifyRequest): boolean {
    const expected = Buffer.from(`Bearer ${operatorToken}`);
    const given = Buffer.from(headers.authorization ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  async function findUser(request: FastifyRequest, reply: FastifyReply | null) {
    if (hasOperatorToken(request)) return { userId: localOperator.id, sessionId: null, identityProviderId: null };
    if (request.headers.authorization !== undefined) return null;
    const found = await sessions.find(request.headers.cookie ?? '', { refresh: reply !== null });
    if (!found) return null;
    if (reply) setCookies(request, reply, found.setCookie);
    const { id: sessionId, userId, identityProviderId } = found.session;
    return { userId, sessionId, identityProviderId };
  }

  async function requireKey(key: string): Promise<SignedIn> {
    const principal = await principalOfKey(db, key);
    if (!principal?.apiKey) throw invalidKey();
    await countRequest(db, {
      key: `api key ${principal.apiKey.id}`,
      perMinute: keyRequestsPerMinute,
      message: `This API key has made more than ${keyRequestsPerMinute} requests within a minute.`,
    });
    const nothingDue = { mustChangePassword: false, mustSetUpSecondFactor: false, suspended: false };
    const nobody = { email: '', organizationName: '', employee: null, sessionId: null, identityProviderId: null };
    return { principal, ...nothingDue, ...nobody };
  }

  return {
    sessions,
    operatorToken,
    hasOperatorToken,
    setCookies,

    requirePrincipal: async (request, reply) => {
      const key = keyInHeader(request.headers.authorization);
      if (key !== null) return requireKey(key);
      const user = await findUser(request, reply);
      if (!user) throw notSignedIn(request);
      const { userId, sessionId, identityProviderId } = user;
      const found = await findPrincipal(db, userId, { viaProvider: identityProviderId !== null });
      if (!found) throw noOrganization();
      if (found.suspended) throw accountSuspended();
      // A token is no person who could hold a second factor.
      const mustSetUpSecondFactor = found.mustSetUpSecondFactor && sessionId !== null;
      return { ...found, mustSetUpSecondFactor, sessionId, identityProviderId };
    },

    isStillSignedIn: async (request) => {
      const key = keyInHeader(request.headers.authorization);
      if (key !== null) return (await principalOfKey(db, key, { look: true })) !== null;
      const user = await findUser(request, null);
      return user !== null && (await findPrincipal(db, user.userId))?.suspended !== true;
    },

    refuseForeignOrigin: (request) => {
      // Neither is something that a browser sends by itself.
      if (hasOperatorToken(request) || keyInHeader(request.headers.authorization) !== null) return;
      if (isSameOrigin({ method: request.method, headers: request.headers, host: request.host })) return;
      throw new ClawpoolError(
        'not_allowed',
        'The request does not come from a page of this Clawpool.',
        'Open the console at the address Clawpool prints. Behind a proxy, let it pass the Host header on.',
      );
    },
  };
}

function setCookies(request: FastifyRequest, reply: FastifyReply, setCookie: readonly string[]): void {
  for (const cookie of setCookie)
    reply.header('set-cookie', request.protocol === 'https' ? `${cookie}; Secure` : cookie);
}

function notSignedIn({ headers }: FastifyRequest): ClawpoolError {
  if (headers.authorization !== undefined) {
    return new ClawpoolError(
      'not_signed_in',
      'The token is not valid.',
      'Read it again from operator.token in the data folder.',
    );
  }
  return headers.cookie?.includes('clawpool.session_token=')
    ? new ClawpoolError('session_expired', 'Your session is over.', 'Sign in again.')
    : new ClawpoolError('not_signed_in', 'You are not signed in.', 'Sign in first.');
}

export const invalidKey = () =>
  new ClawpoolError(
    'not_signed_in',
    'The API key is not valid: there is none like it, it was revoked, or it has expired.',
    `An admin makes keys in the console. They begin with ${apiKeyPrefix}.`,
  );

export const accountSuspended = () =>
  new ClawpoolError('not_allowed', 'Your account is suspended.', 'Ask an admin of your organization.');

export const noOrganization = () =>
  new ClawpoolError('not_allowed', 'You are not a member of any organization.', 'Ask an admin to add you.');
