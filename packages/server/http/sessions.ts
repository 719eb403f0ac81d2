import { betterAuth } from 'better-auth';
import { drizzleAdapter } from 'better-auth/adapters/drizzle';
import { APIError } from 'better-auth/api';
import type { Drizzle } from '../store/database.ts';
import { accounts, sessions, users, verifications } from '../store/schema/index.ts';

export interface Session {
  id: string;
  userId: string;
}

/** A session, and the `Set-Cookie` lines that tell the browser of it. */
export interface Found {
  session: Session;
  setCookie: string[];
}

export interface Sessions {
  /** Null: the cookie names no session that is alive. `refresh` false: looking does not prolong it. */
  find(cookie: string, options: { refresh: boolean }): Promise<Found | null>;
  /** Null: e-mail or password are wrong; takes as long either way. */
  open(credentials: {
    email: string;
    password: string;
    address: string;
    userAgent: string;
  }): Promise<{ userId: string; setCookie: string[] } | null>;
  close(cookie: string): Promise<string[]>;
}

const day = 24 * 60 * 60;
/** A session ends this long after it was last used; using it prolongs it, at most once a day. */
const sessionSeconds = 7 * day;

/** Tells better-auth the address we took from the connection; a client cannot, its headers do not get that far. */
const addressHeader = 'x-clawpool-address';

/**
 * Sign-in by e-mail and password, and its sessions, by better-auth. Only its functions are used: none of its own HTTP endpoints is
 * reachable, and people are made by our use cases.
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
    emailAndPassword: { enabled: true, disableSignUp: true, maxPasswordLength: 256 },
    session: { expiresIn: sessionSeconds, updateAge: day },
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
      const { id, userId } = response.session;
      return { session: { id, userId }, setCookie: headers.getSetCookie() };
    },

    open: async ({ email, password, address, userAgent }) => {
      try {
        const { headers, response } = await auth.api.signInEmail({
          body: { email, password },
          headers: new Headers({ [addressHeader]: address, 'user-agent': userAgent }),
          returnHeaders: true,
        });
        return { userId: response.user.id, setCookie: headers.getSetCookie() };
      } catch (error) {
        if (error instanceof APIError && error.status === 'UNAUTHORIZED') return null;
        throw error;
      }
    },

    close: async (cookie) => {
      const { headers } = await auth.api.signOut({ headers: new Headers({ cookie }), returnHeaders: true });
      return headers.getSetCookie();
    },
  };
}
