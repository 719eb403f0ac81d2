import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Webhook } from 'standardwebhooks';
import { hostOf, isPublicAddress } from './webhook.ts';

/** One attempt to tell an endpoint of an event. */
export interface WebhookAttempt {
  url: string;
  /** `whsec_…` */
  secret: string;
  /** The same in every attempt: the endpoint drops what it has seen. */
  id: string;
  payload: unknown;
}

export type WebhookOutcome = { status: number; error: null } | { status: number | null; error: string };

export interface WebhookRequestOptions {
  /** Also addresses of this machine and of private networks. */
  allowPrivateAddresses: boolean;
  /** Milliseconds from the beginning to the end of the answer. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** Standard Webhooks asks for 15 to 30 s. */
const defaultTimeoutMs = 15_000;

/** What an endpoint answers is not used; one that answers without an end is left. */
const maxAnswerBytes = 4096;

/**
 * Sends one event, signed as Standard Webhooks specifies. Redirects are not followed. Never rejects: whatever goes wrong is the outcome.
 * Any 2xx is success.
 */
export function sendWebhook(attempt: WebhookAttempt, options: WebhookRequestOptions): Promise<WebhookOutcome> {
  const url = new URL(attempt.url);
  const host = hostOf(url);
  if (ipaddr.isValid(host) && !options.allowPrivateAddresses && !isPublicAddress(host)) {
    return Promise.resolve({ status: null, error: notPublic(host) });
  }
  const body = JSON.stringify(attempt.payload);
  const now = new Date();
  const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
  return new Promise((resolve) => {
    const failed = (error: Error) =>
      resolve({ status: null, error: timeout.aborted ? 'It did not answer in time.' : whyOf(error) });
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(
      url,
      {
        method: 'POST',
        // A connection of its own, so that every one is to an address that was looked at.
        agent: false,
        lookup: options.allowPrivateAddresses ? lookup : (publicLookup as LookupFunction),
        signal: options.signal ? AbortSignal.any([timeout, options.signal]) : timeout,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'Clawpool-Webhooks/1',
          'webhook-id': attempt.id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': new Webhook(attempt.secret).sign(attempt.id, now, body),
        },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        const done = () => {
          resolve(outcomeOf(status));
          request.destroy();
        };
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes) done();
        });
        response.on('end', done);
        response.on('error', failed);
      },
    );
    request.on('error', failed);
    request.end(body);
  });
}

function outcomeOf(status: number): WebhookOutcome {
  if (status >= 200 && status < 300) return { status, error: null };
  if (status >= 300 && status < 400) {
    return {
      status,
      error: `It answered ${status}, a redirect; those are not followed. Enter the address it leads to.`,
    };
  }
  if (status === 410) return { status, error: 'It answered 410: it wants no more events, and was switched off.' };
  return { status, error: `It answered ${status}.` };
}

/**
 * Leads to public addresses only. The connection uses what this returns and looks nothing up itself, so a name that leads elsewhere the
 * next moment does not get there.
 */
function publicLookup(
  hostname: string,
  options: LookupOptions,
  callback: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
): void {
  lookup(hostname, { ...options, all: true }, (error, all) => {
    if (error) return callback(error, []);
    const [first, ...rest] = all.filter(({ address }) => isPublicAddress(address));
    if (!first) return callback(new NotPublic(notPublic(hostname)), []);
    if (options.all) callback(null, [first, ...rest]);
    else callback(null, first.address, first.family);
  });
}

class NotPublic extends Error {}

const notPublic = (host: string) =>
  `${host} is not an address of the public internet; an operator can allow private addresses for webhooks.`;

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Its name is not known.',
  EAI_AGAIN: 'Its name could not be looked up.',
  ECONNREFUSED: 'It refuses connections.',
  ECONNRESET: 'It broke the connection off.',
  CERT_HAS_EXPIRED: 'Its certificate has expired.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is not signed by a known authority.',
};

function whyOf(error: Error): string {
  if (error instanceof NotPublic) return error.message;
  const first = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  const { code = '' } = first as { code?: string };
  return reasons[code] ?? `It cannot be reached${code === '' ? '' : ` (${code})`}.`;
}
