import type { SignInError } from '@clawpool/contracts';
import {
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientError,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { z } from 'zod';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Drizzle } from '../../store/database.ts';
import { createSeal } from '../../store/seal.ts';
import { sealedTokens } from '../sealed-token.ts';
import { type ClaimedPerson, readClaims } from './claims.ts';
import { findEnabledProvider, listEnabledProviders, type ProviderRow } from './identity-provider-store.ts';
import { nextPage } from './next-page.ts';
import { findOrCreatePerson } from './person-of-claims.ts';
import type { ProviderConnections } from './provider-connection.ts';
import { redirectUriOf } from './redirect-uri.ts';

/** How long somebody may take at the provider; its own pages seldom wait longer. */
export const attemptSeconds = 10 * 60;

export type Begun = { address: string; attempt: string } | { error: SignInError };
/** `next`: a page of the console. */
export interface VouchedFor {
  userId: string;
  provider: Pick<ProviderRow, 'id' | 'name' | 'organizationId'>;
  next: string;
}
export type Finished = VouchedFor | { error: SignInError; next: string };

export interface ProviderSignIn {
  /** What the sign-in page offers. */
  options(): Promise<{ providers: { id: string; name: string }[] }>;
  /** Where to send the browser, and what it has to bring back, in a cookie. */
  begin(request: { providerId: string; next: string | undefined; baseUrl: string }): Promise<Begun>;
  /** `search`: what the provider sent the browser back with. Opens no session yet; refusals are in the audit trail. */
  finish(request: { providerId: string; search: string; attempt: string | null; address: string }): Promise<Finished>;
}

const attemptShape = z.object({
  providerId: z.string(),
  redirectUri: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
});
type Attempt = z.infer<typeof attemptShape>;

export interface ProviderSignInOptions {
  db: Drizzle;
  /** The installation's. */
  secret: string;
  connections: ProviderConnections;
}

/** OpenID Connect's authorization code flow with PKCE (RFC 7636), state and nonce, as a confidential client. */
export function createProviderSignIn({ db, secret, connections }: ProviderSignInOptions): ProviderSignIn {
  const clientSecrets = createSeal(secret, 'identity');
  const attempts = sealedTokens<Attempt>(secret, {
    purpose: 'identity attempts',
    seconds: attemptSeconds,
    shape: attemptShape,
  });

  const connect = (provider: ProviderRow): Promise<Configuration> =>
    connections.connect({
      ...provider,
      clientSecret: clientSecrets.open(provider.clientSecret),
      changed: provider.updatedAt.getTime(),
    });

  return {
    options: async () => ({ providers: await listEnabledProviders(db) }),

    begin: async ({ providerId, next, baseUrl }) => {
      const provider = await findEnabledProvider(db, providerId);
      if (!provider) return { error: 'provider_off' };
      const configuration = await connect(provider).catch(() => null);
      if (!configuration) return { error: 'provider_unreachable' };
      const attempt: Attempt = {
        providerId,
        redirectUri: redirectUriOf(baseUrl, providerId),
        state: randomState(),
        nonce: randomNonce(),
        verifier: randomPKCECodeVerifier(),
        next: nextPage(next),
      };
      const address = buildAuthorizationUrl(configuration, {
        redirect_uri: attempt.redirectUri,
        scope: provider.scopes.join(' '),
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      return { address: address.href, attempt: attempts.seal(attempt) };
    },

    finish: async ({ providerId, search, attempt: sealed, address }) => {
      const attempt = attempts.open(sealed);
      const next = attempt?.next ?? '/';
      const provider = await findEnabledProvider(db, providerId);
      if (!provider) return { error: 'provider_off', next };
      const refuse = async (error: SignInError, who: string, cause?: unknown): Promise<Finished> => {
        await recordAudit(db, provider.organizationId, {
          actor: { type: 'person', id: '', name: who.slice(0, 200) },
          action: 'sign_in.refused',
          target: { type: 'identity_provider', id: provider.id, name: provider.name },
          outcome: 'refused',
          detail: { address, reason: error, ...(cause instanceof Error ? { cause: cause.message } : {}) },
        });
        return { error, next };
      };
      if (!attempt) return refuse('sign_in_expired', '');
      const state = new URLSearchParams(search).get('state');
      if (attempt.providerId !== providerId || state !== attempt.state) return refuse('state_mismatch', '');

      const configuration = await connect(provider).catch(() => null);
      if (!configuration) return refuse('provider_unreachable', '');
      let claimed: ClaimedPerson;
      try {
        claimed = await exchange(configuration, provider, attempt, search);
      } catch (error) {
        return refuse(exchangeRefusal(error), '', error);
      }
      const found = await findOrCreatePerson(db, provider, claimed, address);
      return 'error' in found
        ? refuse(found.error, claimed.email ?? claimed.subject, found.cause)
        : { userId: found.userId, provider, next };
    },
  };
}

/** Code for tokens; the ID token's signature, issuer, audience, times and nonce are checked on the way. */
async function exchange(
  configuration: Configuration,
  provider: ProviderRow,
  { redirectUri, state, nonce, verifier }: Attempt,
  search: string,
): Promise<ClaimedPerson> {
  const url = new URL(redirectUri);
  url.search = search;
  const tokens = await authorizationCodeGrant(configuration, url, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  });
  const idToken = tokens.claims();
  if (!idToken) throw new Error('an ID token was expected, and there is none');
  const told = readClaims(idToken, provider);
  if (told.email !== null && provider.claims.groups === null) return told;
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return told;
  // Many providers put little into the ID token and the rest here (OpenID Connect Core 1.0 §5.4). What is signed goes before what is not.
  const information = await fetchUserInfo(configuration, tokens.access_token, idToken.sub);
  return readClaims({ ...information, ...idToken }, provider);
}

/** Everything that is about the token's content is the token's fault; the rest happened on the way to it. */
function exchangeRefusal(error: unknown): SignInError {
  if (error instanceof AuthorizationResponseError) return 'provider_refused';
  const onTheWay = [
    'OAUTH_RESPONSE_IS_NOT_JSON',
    'OAUTH_RESPONSE_IS_NOT_CONFORM',
    'OAUTH_PARSE_ERROR',
    'OAUTH_TIMEOUT',
  ];
  if (error instanceof ClientError && !onTheWay.includes(error.code ?? '')) return 'id_token_invalid';
  return 'token_exchange_failed';
}
