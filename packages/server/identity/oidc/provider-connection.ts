import { ClawpoolError } from '@clawpool/contracts';
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
} from 'openid-client';

export interface ProviderAccess {
  id: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** When it was last changed, in milliseconds: what was learnt before does not count. */
  changed: number;
}

export interface ProviderConnections {
  /** Fetches the provider's description, or has it from at most ten minutes ago. Throws whatever the network or the description gives reason to. */
  connect(provider: ProviderAccess, options?: { fresh?: boolean }): Promise<Configuration>;
}

const keepMs = 10 * 60_000;
const timeoutSeconds = 10;
/** The largest descriptions and key sets have a few ten KiB. */
const largestAnswer = 1024 * 1024;

export function createProviderConnections(now: () => number = Date.now): ProviderConnections {
  const known = new Map<string, { changed: number; until: number; configuration: Configuration }>();
  return {
    connect: async (provider, { fresh = false } = {}) => {
      const found = known.get(provider.id);
      if (!fresh && found && found.changed === provider.changed && found.until > now()) return found.configuration;
      const configuration = await discover(provider);
      known.set(provider.id, { changed: provider.changed, until: now() + keepMs, configuration });
      return configuration;
    },
  };
}

function discover({ issuer, clientId, clientSecret }: ProviderAccess): Promise<Configuration> {
  const url = new URL(issuer);
  return discovery(url, clientId, undefined, secretAsSupported(clientSecret), {
    // Signatures are checked although the token comes straight from the provider: OpenID Connect Core 1.0 §3.1.3.7 lets one do without.
    execute: [enableNonRepudiationChecks, ...(isLocal(url) ? [allowInsecureRequests] : [])],
    timeout: timeoutSeconds,
    [customFetch]: (address, options) => guardedFetch(address, options as RequestInit, { local: isLocal(url) }),
  });
}

/** The header, unless the provider takes the body only (OpenID Connect Discovery 1.0 §3: the header is what silence means). */
function secretAsSupported(clientSecret: string): ClientAuth {
  const [header, body] = [ClientSecretBasic(clientSecret), ClientSecretPost(clientSecret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? header : body)(server, ...rest);
  };
}

/** A provider's description names further addresses: they are held to the same rule as the issuer, lead nowhere else, and their answers end. */
export async function guardedFetch(
  address: string,
  options: RequestInit,
  { local }: { local: boolean },
): Promise<Response> {
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(local && isLocal(url))) {
    throw new ClawpoolError('invalid_request', `The provider names an address without https: ${url.origin}.`);
  }
  const response = await fetch(url, { ...options, redirect: 'manual' });
  const body = await readAtMost(response, largestAnswer);
  const { status, statusText, headers } = response;
  return new Response([101, 204, 205, 304].includes(status) ? null : body, { status, statusText, headers });
}

async function readAtMost(response: Response, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > bytes) throw new ClawpoolError('invalid_request', 'The provider’s answer is larger than 1 MiB.');
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Plain http is for a provider on this machine only. */
export const isLocal = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
