import type { IncomingHttpHeaders } from 'node:http';

export interface Origin {
  method: string;
  headers: IncomingHttpHeaders;
  /** Host and port the browser addressed, behind a trusted proxy too. */
  host: string;
}

/**
 * Whether a request that changes something may count the browser's cookie as its sender's will: false when a page of another origin
 * caused it. Browsers tell it themselves (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/; `Origin` where that is missing, as
 * over plain http). Something with a cookie that tells neither is not a browser of today, and refused.
 */
export function isSameOrigin({ method, headers, host }: Origin): boolean {
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return true;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  if (origin !== undefined) return URL.canParse(origin) && new URL(origin).host === host;
  return headers.cookie === undefined;
}
