import { ClawpoolError } from '@clawpool/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Identity, type PendingSignIn, pendingSeconds } from '../identity/identity.ts';
import { findEnabledProvider } from '../identity/oidc/identity-provider-store.ts';
import { trustedDays } from '../identity/second-factor/second-factor.ts';
import { wrongCode } from '../identity/second-factor/second-factor-service.ts';
import { mayUsePassword } from '../identity/sign-in-policy.ts';
import { findSignInSettings } from '../identity/sign-in-policy-store.ts';
import { findPrincipal, type PrincipalRecord } from '../organization/principal-store.ts';
import { recordRefusedSignIn, recordSignIn } from '../organization/sign-in-service.ts';
import type { Drizzle } from '../store/database.ts';
import { type Authentication, accountSuspended, noOrganization } from './authentication.ts';
import { cookieLine, cookies, readCookie } from './cookies.ts';
import { countSecondFactor, forgiveSecondFactor } from './sign-in-limit.ts';

/** Request and answer of the browser that signs in. */
export interface Exchange {
  raw: FastifyRequest;
  reply: FastifyReply;
}

export interface SignIn {
  /** Whether this person, on this device, has to give a code before `open`. */
  needsSecondStep(exchange: Exchange, who: PendingSignIn): Promise<boolean>;
  /** Notes in the browser that the first step is done. */
  waitForSecondStep(exchange: Exchange, who: PendingSignIn): void;
  /** Errors: `session_expired` when there was no first step; `sign_in_failed`, `too_many_requests`, `not_allowed`. */
  giveCode(exchange: Exchange, code: string, options: { trustDevice: boolean }): Promise<PrincipalRecord>;
  /** A session for a person who has shown who they are. */
  open(exchange: Exchange, person: PrincipalRecord, who: PendingSignIn, means?: Record<string, unknown>): Promise<void>;
}

/** What is the same for every way to sign in. */
export function createSignIn(db: Drizzle, authentication: Authentication, identity: Identity): SignIn {
  const { sessions, setCookies } = authentication;
  const { secondFactors, pending } = identity;

  async function open(
    { raw, reply }: Exchange,
    person: PrincipalRecord,
    who: PendingSignIn,
    means = {},
  ): Promise<void> {
    if (person.suspended) {
      await recordRefusedSignIn(db, person, raw.ip, 'suspended');
      throw accountSuspended();
    }
    const userAgent = raw.headers['user-agent'] ?? '';
    const lines = await sessions.open({ ...who, address: raw.ip, userAgent });
    await recordSignIn(db, person, raw.ip, means);
    setCookies(raw, reply, lines);
  }

  return {
    open,

    needsSecondStep: ({ raw }, { userId }) => secondFactors.isDue(userId, readCookie(raw, cookies.device)),

    waitForSecondStep: ({ raw, reply }, who) =>
      setCookies(raw, reply, [cookieLine(cookies.pending, pending.seal(who), pendingSeconds)]),

    giveCode: async (exchange, code, { trustDevice }) => {
      const { raw, reply } = exchange;
      const who = pending.open(readCookie(raw, cookies.pending));
      if (!who) {
        throw new ClawpoolError('session_expired', 'The first step of the sign-in is too long ago.', 'Begin anew.');
      }
      const person = await findPrincipal(db, who.userId, { viaProvider: who.identityProviderId !== null });
      if (!person) throw noOrganization();
      if (!(await isFirstStepGood(db, person, who))) {
        await recordRefusedSignIn(db, person, raw.ip, 'first step not allowed any more');
        throw new ClawpoolError(
          'session_expired',
          'What you signed in with does not let you in any more.',
          'Begin anew.',
        );
      }
      await countSecondFactor(db, who.userId, Date.now());
      const kind = await secondFactors.take(who.userId, code);
      if (!kind) {
        await recordRefusedSignIn(db, person, raw.ip, 'wrong second factor');
        throw wrongCode();
      }
      await forgiveSecondFactor(db, who.userId);
      await open(exchange, person, who, { secondFactor: kind, ...(trustDevice ? { trustedDays } : {}) });
      const lines = [cookieLine(cookies.pending, '', 0)];
      if (trustDevice) {
        const token = await secondFactors.trustDevice(who.userId);
        lines.push(cookieLine(cookies.device, token, trustedDays * 24 * 60 * 60));
      }
      setCookies(raw, reply, lines);
      return person;
    },
  };
}

/** A provider may have been switched off, or passwords not be theirs any more, since the first step. */
async function isFirstStepGood(
  db: Drizzle,
  { principal: { organizationId, roles } }: PrincipalRecord,
  { identityProviderId }: PendingSignIn,
): Promise<boolean> {
  if (identityProviderId === null)
    return mayUsePassword((await findSignInSettings(db, organizationId)).passwords, roles);
  return (await findEnabledProvider(db, identityProviderId))?.organizationId === organizationId;
}
