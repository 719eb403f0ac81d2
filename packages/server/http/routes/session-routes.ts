import { ClawpoolError, sessionRoutes } from '@clawpool/contracts';
import { mayUsePassword } from '../../identity/sign-in-policy.ts';
import { findSignInSettings } from '../../identity/sign-in-policy-store.ts';
import { findPrincipal, meOf, type PrincipalRecord } from '../../organization/principal-store.ts';
import {
  changePassword,
  findByPassword,
  recordFailedSignIn,
  recordRefusedSignIn,
  recordSignOut,
} from '../../organization/sign-in-service.ts';
import type { Drizzle } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { noOrganization } from '../authentication.ts';
import { registerRoutes, signedInOf } from '../register.ts';
import type { SignIn } from '../sign-in.ts';
import { countSignIn, forgiveSignIn } from '../sign-in-limit.ts';

export function registerSessionRoutes(app: HttpApp, db: Drizzle, signIn: SignIn): void {
  const { sessions, setCookies } = app.authentication;

  registerRoutes(app, sessionRoutes, {
    signIn: async ({ body, raw, reply }) => {
      const person = await checkPassword(db, body, raw.ip);
      const who = { userId: person.principal.userId, identityProviderId: null };
      const exchange = { raw, reply };
      if (await signIn.needsSecondStep(exchange, who)) {
        signIn.waitForSecondStep(exchange, who);
        throw new ClawpoolError(
          'second_factor_required',
          'The password is right; a second step is missing.',
          'Send a code of your authenticator app, or a backup code, to /session/second-factor.',
        );
      }
      await signIn.open(exchange, person, who);
      return meOf(person);
    },

    signOut: async ({ principal, raw, reply }) => {
      setCookies(raw, reply, await sessions.close(raw.headers.cookie ?? ''));
      await recordSignOut(db, principal);
    },

    me: ({ raw }) => meOf(signedInOf(raw)),

    changePassword: async ({ body, raw }) => {
      const signedIn = signedInOf(raw);
      if (signedIn.sessionId === null) throw new ClawpoolError('not_allowed', 'The operator token has no password.');
      const attempt = { email: signedIn.email, address: raw.ip, now: Date.now() };
      await countSignIn(db, attempt);
      await changePassword(db, { ...signedIn, sessionId: signedIn.sessionId }, body);
      await forgiveSignIn(db, attempt);
      return meOf({ ...signedIn, mustChangePassword: false });
    },
  });
}

/** Whose password it is. Errors: `too_many_requests`, `sign_in_failed`, `not_allowed`. */
async function checkPassword(
  db: Drizzle,
  { email, password }: { email: string; password: string },
  address: string,
): Promise<PrincipalRecord> {
  const attempt = { email, address, now: Date.now() };
  await countSignIn(db, attempt);
  const userId = await findByPassword(db, email, password);
  if (userId === null) {
    await recordFailedSignIn(db, email, address);
    throw new ClawpoolError(
      'sign_in_failed',
      'E-mail or password is wrong.',
      'Type them again, or ask an admin for a new password.',
    );
  }
  await forgiveSignIn(db, attempt);
  const person = await findPrincipal(db, userId);
  if (!person) throw noOrganization();
  const { passwords } = await findSignInSettings(db, person.principal.organizationId);
  if (!mayUsePassword(passwords, person.principal.roles)) {
    await recordRefusedSignIn(db, person, address, 'passwords are for admins');
    throw new ClawpoolError(
      'not_allowed',
      'Your organization signs in through its identity provider.',
      'Use its button on the sign-in page. Passwords are for admins there.',
    );
  }
  return person;
}
