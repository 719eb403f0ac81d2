import { isIP } from 'node:net';
import { ClawpoolError } from '@clawpool/contracts';

/** Names that mean this machine or this network, whoever asks (RFC 6761, RFC 6762, RFC 8375, and what routers and clouds use). */
const ownNames = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa)$/;

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const publicName = new RegExp(`^(?:\\*\\.)?(?:${label}\\.)+(?!\\d+$)${label}$`);

/**
 * A host as grants and tiers name it: `api.example.com`, or `*.example.com` for all below it. Error `invalid_request` for addresses, ports, paths and
 * names of the own network: no agent ever reaches those.
 */
export function readHostName(text: string): string {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0 || /^[\d.]+$/.test(name) || /^0x/.test(name)) {
    throw refused('An address is not granted: a host has a name.', 'Ask for the name that the address belongs to.');
  }
  if (ownNames.test(name) || !name.includes('.')) {
    throw refused(`“${name}” is of the own network, which agents never reach.`, 'Ask for a host of the internet.');
  }
  if (publicName.test(name) && name.length <= 253 && name.replace('*.', '').includes('.')) return name;
  throw refused(
    `“${text.trim()}” is no host.`,
    'Write api.example.com, or *.example.com, without https:// and without a path.',
  );
}

const refused = (message: string, hint: string) => new ClawpoolError('invalid_request', message, hint);
