import { type BetterAuthPlugin, betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import { z } from 'zod';
import type { Drizzle } from '../store/database.ts';
import { accounts, sessions, users, verifications } from '../store/schema/index.ts';

export interface Session {
  id: string;
  userId: string;
  /** Who vouched for the person; null: a password did. */
  identityProviderId: string | null;
}

/** A session, and the `Set-Cookie` lines that tell the browser of it. */
export interface Found {
  session: Session;
  setCookie: string[];
}

export interface Sessions {
  /** Null: the cookie names no session that is alive. `refresh` false: looking does not prolong it. */
  find(cookie: string, options: { refresh: boolean }): Promise<Found | null>;
  /** For somebody who has shown who they are. The `Set-Cookie` lines that tell the browser of it. */
  open(who: {
    userId: string;
    identityProviderId: string | null;
    address: string;
    userAgent: string;
  }): Promise<string[]>;
  close(cookie: string): Promise<string[]>;
}

const day = 24 * 60 * 60;
/** A session ends this long after it was last used; using it prolongs it, at most once a day. */
const sessionSeconds = 7 * day;

/** A function of better-auth's kind, since only those may set its cookies. */
const opening = {
  id: 'clawpool-opening',
  endpoints: {
    openSession: createAuthEndpoint(
      '/clawpool/open-session',
      { method: 'POST', body: z.object({ userId: z.string(), identityProviderId: z.string().nullable() }) },
      async (ctx) => {
        const { userId, identityProviderId } = ctx.body;
        const user = await ctx.context.internalAdapter.findUserById(userId);
        if (!user) throw new Error(`user ${userId} has gone`);
        const session = await ctx.context.internalAdapter.createSession(userId, false, { identityProviderId });
        await setSessionCookie(ctx, { session, user });
      },
    ),
  },
} satisfies BetterAuthPlugin;

/** Tells better-auth the address we took from the connection; a client cannot, its headers do not get that far. */
const addressHeader = 'x-clawpool-address';

/**
 * Sessions, by better-auth. Only its functions are used: none of its own HTTP endpoints is reachable, people are made by our use cases,
 * and who somebody is has been shown before: by a password, a second factor, an identity provider.
 */
export function createSessions({ db, secret }: { db: Drizzle; secret: string }): Sessions {
  const auth = betterAuth({
    // No request is routed by it; it only has to be an address.
    baseURL: 'http://localhost',
    secret,
    database: drizzleAdapter(db, {
      provider: 'pg',
      schema: { user: users, session: sessions, account: accounts, verification: verifications },
    }),
    session: {
      expiresIn: sessionSeconds,
      updateAge: day,
      additionalFields: { identityProviderId: { type: 'string', required: false, input: false } },
    },
    plugins: [opening],
    // How often a sign-in may be tried is counted by account and address, in `sign-in-limit.ts`.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: 'clawpool',
      // Decided for each request, by `authentication.ts`: the same installation may be reached by http and https.
      useSecureCookies: false,
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [addressHeader] },
    },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });

  return {
    find: async (cookie, { refresh }) => {
      const { headers, response } = await auth.api.getSession({
        headers: new Headers({ cookie }),
        query: { disableRefresh: !refresh },
        returnHeaders: true,
      });
      if (!response) return null;
      const { id, userId, identityProviderId } = response.session;
      return {
        session: { id, userId, identityProviderId: identityProviderId ?? null },
        setCookie: headers.getSetCookie(),
      };
    },

    open: async ({ userId, identityProviderId, address, userAgent }) => {
      const { headers } = await auth.api.openSession({
        body: { userId, identityProviderId },
        headers: new Headers({ [addressHeader]: address, 'user-agent': userAgent }),
        returnHeaders: true,
      });
      return headers.getSetCookie();
    },

    close: async (cookie) => {
      const { headers } = await auth.api.signOut({ headers: new Headers({ cookie }), returnHeaders: true });
      return headers.getSetCookie();
    },
  };
}
