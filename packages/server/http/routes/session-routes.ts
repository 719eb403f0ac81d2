import { ClawpoolError, sessionRoutes } from '@clawpool/contracts';
import { findPrincipal, meOf } from '../../organization/principal-store.ts';
import { changePassword, recordFailedSignIn, recordSignIn, recordSignOut } from '../../organization/sign-in-service.ts';
import type { Drizzle } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { noOrganization } from '../authentication.ts';
import { registerRoutes, signedInOf } from '../register.ts';
import { countSignIn, forgiveSignIn } from '../sign-in-limit.ts';

export function registerSessionRoutes(app: HttpApp, db: Drizzle): void {
  const { sessions, setCookies } = app.authentication;

  registerRoutes(app, sessionRoutes, {
    signIn: async ({ body, raw, reply }) => {
      const attempt = { email: body.email, address: raw.ip, now: Date.now() };
      await countSignIn(db, attempt);
      const opened = await sessions.open({ ...body, address: raw.ip, userAgent: raw.headers['user-agent'] ?? '' });
      if (!opened) {
        await recordFailedSignIn(db, body.email, raw.ip);
        throw new ClawpoolError(
          'sign_in_failed',
          'E-mail or password is wrong.',
          'Type them again, or ask an admin for a new password.',
        );
      }
      await forgiveSignIn(db, attempt);
      const found = await findPrincipal(db, opened.userId);
      if (!found) throw noOrganization();
      await recordSignIn(db, found, raw.ip);
      setCookies(raw, reply, opened.setCookie);
      return meOf(found);
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
