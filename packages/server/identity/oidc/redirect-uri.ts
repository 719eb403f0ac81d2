/**
 * Where a provider sends browsers back to. Each has an address of its own, so that the answer of one is never taken for another's (mix-up
 * attack, RFC 9700 §4.4).
 */
export const redirectUriOf = (baseUrl: string, providerId: string): string =>
  `${baseUrl.replace(/\/+$/u, '')}/api/v1/sign-in/oidc/${encodeURIComponent(providerId)}/callback`;
