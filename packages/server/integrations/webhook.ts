import { randomBytes } from 'node:crypto';
import { ClawpoolError } from '@clawpool/contracts';
import ipaddr from 'ipaddr.js';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Waits between attempts; after the last one an event is dead. In all a little more than a day. */
const backoffMs = [5 * second, 30 * second, 2 * minute, 10 * minute, hour, 3 * hour, 6 * hour, 12 * hour] as const;

/**
 * How long to wait after so many failed attempts; null: it is not tried again. A fifth more or less, so that what failed together does
 * not come back together.
 */
export function webhookBackoffMs(attempts: number, random = Math.random()): number | null {
  const wait = backoffMs[attempts - 1];
  return wait === undefined ? null : Math.round(wait * (0.8 + 0.4 * random));
}

/** `whsec_` and 192 random bits, as Standard Webhooks recommends. */
export const newWebhookSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

/**
 * Whether an address is one of the public internet. Anything else could be a service of the installation's own network, or a cloud's
 * metadata service (server-side request forgery, https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html).
 * IPv4 that is mapped into IPv6 counts as what it is; the ranges that only wrap IPv4 (NAT64, 6to4, Teredo) are refused whole.
 */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/** The host of a URL as `lookup` takes it: without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/gu, '');

/**
 * What can be said against an endpoint's address before it is used; where its name leads is looked at whenever it is.
 *
 * @throws ClawpoolError `invalid_request`
 */
export function refuseUnusableUrl(text: string, { allowPrivateAddresses }: { allowPrivateAddresses: boolean }): void {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new ClawpoolError(
      'invalid_request',
      'The address contains a user name or password.',
      'Leave it out: requests are signed, and your endpoint can verify that.',
    );
  }
  const host = hostOf(url);
  if (allowPrivateAddresses || !ipaddr.isValid(host) || isPublicAddress(host)) return;
  throw new ClawpoolError(
    'invalid_request',
    `${host} is not an address of the public internet.`,
    'Give one that is, or ask an operator to allow private addresses for webhooks.',
  );
}
