import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

/** Somebody who has an account at the identity provider. */
export interface Account {
  email?: string;
  email_verified?: boolean;
  name?: string;
  groups?: string[];
}

export interface TestIdentityProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** By subject, which is what somebody types as their login there. */
  accounts: Map<string, Account>;
  /** Where it may send browsers back to; anything else it refuses. */
  redirectUris: Set<string>;
  /** From here on it does not answer any more, or does again. */
  setReachable(reachable: boolean): void;
  close(): Promise<void>;
}

/** `oidc-provider`, a certified OpenID provider, on a free port, with a page that asks for a login and takes any password. */
export async function startIdentityProvider(): Promise<TestIdentityProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const accounts = new Map<string, Account>();
  const redirectUris = new Set<string>();
  const client = { client_id: 'clawpool', client_secret: 'a secret of at least 32 characters' };
  const provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: ['https://unused.invalid/callback'] }],
    claims: { email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    cookies: { keys: ['only for tests'] },
    findAccount: (_context, subject) => {
      const account = accounts.get(subject);
      return account && { accountId: subject, claims: async () => ({ sub: subject, ...account }) };
    },
    // Whoever signs in has agreed: https://github.com/panva/node-oidc-provider/blob/main/recipes/skip_consent.md
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId,
        accountId: oidc.session?.accountId,
      });
      grant.addOIDCScope('openid email profile groups');
      await grant.save();
      return grant;
    },
  });
  // A Clawpool's port is not known before it has started.
  provider.Client.prototype.redirectUriAllowed = (uri: string) => redirectUris.has(uri);

  let reachable = true;
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (reachable) void answer(request, response);
    else request.socket.destroy();
  });
  return {
    ...{ issuer, accounts, redirectUris },
    clientId: client.client_id,
    clientSecret: client.client_secret,
    setReachable: (now) => {
      reachable = now;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A browser without a screen: follows links and keeps cookies, by host and port like nobody else's. */
export function createVisitor() {
  const jar = new Map<string, Map<string, string>>();
  const cookiesOf = (url: string) => {
    const { origin } = new URL(url);
    const cookies = jar.get(origin) ?? new Map<string, string>();
    jar.set(origin, cookies);
    return cookies;
  };

  async function request(url: string, init: RequestInit = {}): Promise<Response> {
    const cookies = cookiesOf(url);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = new Headers(init.headers);
    if (cookie !== '') headers.set('cookie', cookie);
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/su);
      if (/Max-Age=0|Expires=Thu, 01 Jan 1970/iu.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  /** Where a redirect leads, as a whole address. */
  async function follow(url: string, init?: RequestInit): Promise<string> {
    const response = await request(url, init);
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    return new URL(location, url).href;
  }

  return {
    request,
    follow,
    cookiesOf,
    /** From the provider's authorization address, through its login page, to the address it sends back to. */
    signInAtProvider: async (authorization: string, login: string): Promise<string> => {
      let at = authorization;
      for (let steps = 0; steps < 8; steps++) {
        const { pathname } = new URL(at);
        if (pathname.endsWith('/callback')) return at;
        const body = new URLSearchParams({ prompt: 'login', login, password: 'any' });
        at = await follow(at, pathname.startsWith('/interaction/') ? { method: 'POST', body } : {});
      }
      throw new Error(`the provider did not send anybody back: ${at}`);
    },
  };
}
