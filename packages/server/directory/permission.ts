import { ClawpoolError } from '@clawpool/contracts';
import type { Principal } from '../organization/principal.ts';

/** Error `not_allowed` without the permission `policy`: what a directory says holds for everybody. */
export function requirePolicy({ permissions }: Principal): void {
  if (permissions?.includes('policy')) return;
  throw new ClawpoolError(
    'not_allowed',
    'Directories are connected and mapped by admins with the permission “policy”.',
    'Ask one of them.',
  );
}
