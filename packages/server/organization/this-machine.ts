import { ClawpoolError } from '@clawpool/contracts';
import ipaddr from 'ipaddr.js';
import type { Principal } from './principal.ts';

/**
 * Error `not_allowed`: what listens on this machine alone trusts whoever reaches it (server-side request forgery), so that only operators
 * have it asked. `allowed`: the installation lets everybody.
 */
export function refuseThisMachine({ roles }: Principal, address: string, { allowed }: { allowed: boolean }): void {
  if (allowed || roles.includes('operator') || !isThisMachine(new URL(address))) return;
  throw new ClawpoolError(
    'not_allowed',
    'Only an operator connects an address of this machine.',
    'Ask one, or give an address that is elsewhere.',
  );
}

function isThisMachine({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/gu, '').replace(/\.$/u, '');
  if (!ipaddr.isValid(host)) return host === 'localhost' || host.endsWith('.localhost');
  return ['loopback', 'unspecified'].includes(ipaddr.process(host).range());
}
