import { ClawpoolError, identityRoutes, type SignInError } from '@clawpool/contracts';
import type { FastifyRequest } from 'fastify';
import type { Identity } from '../../identity/identity.ts';
import { nextPage } from '../../identity/oidc/next-page.ts';
import { attemptSeconds, type VouchedFor } from '../../identity/oidc/provider-sign-in.ts';
import { addressKey, countRequest } from '../../integrations/request-limit.ts';
import { findPrincipal, meOf } from '../../organization/principal-store.ts';
import { confirmPassword } from '../../organization/sign-in-service.ts';
import type { Drizzle } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import type { SignedIn } from '../authentication.ts';
import { cookieLine, cookies, readCookie } from '../cookies.ts';
import { registerRoutes, signedInOf } from '../register.ts';
import type { Exchange, SignIn } from '../sign-in.ts';
import { countSecondFactor, countSignIn, forgiveSecondFactor, forgiveSignIn } from '../sign-in-limit.ts';

export interface IdentityRoutesOptions {
  db: Drizzle;
  identity: Identity;
  signIn: SignIn;
  /** Where the installation answers for the world; absent: as whoever asks has addressed it. */
  publicUrl?: string | undefined;
}

export function registerIdentityRoutes(app: HttpApp, { db, identity, signIn, publicUrl }: IdentityRoutesOptions): void {
  const { providers, providerSignIn, secondFactors } = identity;
  const { setCookies } = app.authentication;
  const baseUrl = ({ protocol, host }: FastifyRequest) => publicUrl ?? `${protocol}://${host}`;

  /** A session for whomever a provider has vouched for, or the sign-in page that goes on. */
  async function enter(exchange: Exchange, { userId, provider, next }: VouchedFor): Promise<string> {
    const who = { userId, identityProviderId: provider.id };
    const person = await findPrincipal(db, userId, { viaProvider: true });
    // Somebody of several organizations lands in the oldest: a provider of another opens no door to it.
    if (person?.principal.organizationId !== provider.organizationId)
      return signInPage({ error: 'person_unknown' }, next);
    const { secondFactorAfterProvider } = await providers.settings(person.principal);
    if (secondFactorAfterProvider && (await signIn.needsSecondStep(exchange, who))) {
      signIn.waitForSecondStep(exchange, who);
      return signInPage({ step: 'second-factor' }, next);
    }
    await signIn.open(exchange, person, who, { provider: provider.name });
    return next;
  }

  /** That it is really them: with their password, where they have one. Counted like a sign-in. */
  async function confirmOwner(signedIn: SignedIn, password: string | null, address: string): Promise<string> {
    if (signedIn.sessionId === null) {
      throw new ClawpoolError('not_allowed', 'A token has no second factor.', 'Sign in as a person.');
    }
    const attempt = { email: signedIn.email, address, now: Date.now() };
    await countSignIn(db, attempt);
    await confirmPassword(db, signedIn, password);
    await forgiveSignIn(db, attempt);
    return signedIn.sessionId;
  }

  async function withTries<T>({ principal: { userId } }: SignedIn, take: () => Promise<T>): Promise<T> {
    await countSecondFactor(db, userId, Date.now());
    const taken = await take();
    await forgiveSecondFactor(db, userId);
    return taken;
  }

  registerRoutes(app, identityRoutes, {
    signInOptions: () => providerSignIn.options(),

    beginProviderSignIn: async ({ params, query, raw, reply }) => {
      await countVisit(db, raw.ip);
      const begun = await providerSignIn.begin({ ...params, next: query.next, baseUrl: baseUrl(raw) });
      if ('error' in begun) return void reply.header('location', signInPage(begun, nextPage(query.next)));
      setCookies(raw, reply, [cookieLine(cookies.attempt, begun.attempt, attemptSeconds)]);
      reply.header('location', begun.address);
    },

    finishProviderSignIn: async ({ params, raw, reply }) => {
      await countVisit(db, raw.ip);
      const search = new URL(raw.url, 'http://localhost').search;
      const attempt = readCookie(raw, cookies.attempt);
      const finished = await providerSignIn.finish({ ...params, search, attempt, address: raw.ip });
      setCookies(raw, reply, [cookieLine(cookies.attempt, '', 0)]);
      const { next } = finished;
      reply.header(
        'location',
        'error' in finished ? signInPage(finished, next) : await enter({ raw, reply }, finished),
      );
    },

    giveSecondFactor: async ({ body, raw, reply }) => meOf(await signIn.giveCode({ raw, reply }, body.code, body)),

    mySecondFactor: ({ raw }) => secondFactors.mine(signedInOf(raw)),

    startSecondFactor: async ({ body, raw }) => {
      const signedIn = signedInOf(raw);
      await confirmOwner(signedIn, body.password, raw.ip);
      return secondFactors.start(signedIn);
    },

    confirmSecondFactor: async ({ body, raw }) => {
      const signedIn = signedInOf(raw);
      const { sessionId } = signedIn;
      if (sessionId === null) throw new ClawpoolError('not_allowed', 'A token has no second factor.');
      return withTries(signedIn, () => secondFactors.confirm(signedIn, sessionId, body.code));
    },

    renewBackupCodes: async ({ body, raw }) => {
      const signedIn = signedInOf(raw);
      await confirmOwner(signedIn, body.password, raw.ip);
      return withTries(signedIn, () => secondFactors.renewBackupCodes(signedIn, body.code));
    },

    removeSecondFactor: async ({ body, raw }) => {
      const signedIn = signedInOf(raw);
      await confirmOwner(signedIn, body.password, raw.ip);
      await withTries(signedIn, () => secondFactors.remove(signedIn, body.code));
    },

    signInSettings: ({ principal }) => providers.settings(principal),
    putSignInSettings: ({ principal, body }) => providers.putSettings(principal, body),
    listIdentityProviders: async ({ principal, raw }) => ({ providers: await providers.list(principal, baseUrl(raw)) }),
    createIdentityProvider: ({ principal, body, raw }) => providers.create(principal, body, baseUrl(raw)),
    putIdentityProvider: ({ principal, params, body, raw }) =>
      providers.put(principal, params.providerId, body, baseUrl(raw)),
    deleteIdentityProvider: ({ principal, params }) => providers.remove(principal, params.providerId),
    testIdentityProvider: ({ principal, params }) => providers.test(principal, params.providerId),
    listSecondFactors: ({ principal, query }) => secondFactors.list(principal, query),
    resetSecondFactor: ({ principal, params }) => secondFactors.reset(principal, params.userId),
  });
}

/** Both steps ask a provider, and leave a trace: not as often as a stranger likes. An office behind one address signs in all the same. */
const countVisit = (db: Drizzle, address: string): Promise<void> =>
  countRequest(db, {
    key: `provider sign-in ${addressKey(address)}`,
    perMinute: 120,
    message: 'Too many sign-ins from your address.',
  });

/** An address of the console's own page; `error` and `step` are words of ours, `next` has been looked at. */
function signInPage(told: { error: SignInError } | { step: 'second-factor' }, next: string): string {
  const search = new URLSearchParams('error' in told ? { error: told.error } : { step: told.step });
  if (next !== '/') search.set('next', next);
  return `/sign-in?${search}`;
}
