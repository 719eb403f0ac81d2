import type { RuntimeFailureReason } from '@clawpool/contracts';
import { RuntimeStartError } from '@clawpool/contracts';

/** Gives a file system's or the kernel's refusal the reason that the person waiting is told. */
export function startError(error: unknown, what: string): RuntimeStartError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new RuntimeStartError(reasonOf(code), `${what}: ${message}`, { cause: error });
}

function reasonOf(code: string | undefined): RuntimeFailureReason {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'storage_full';
  if (code?.startsWith('ERR_INVALID')) return 'configuration_invalid'; // a zero byte in an argument, for example
  return 'driver_unavailable';
}
