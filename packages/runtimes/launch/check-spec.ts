import type { RuntimeSpec } from '@clawpool/contracts';
import { RuntimeStartError } from '@clawpool/contracts';

/** Refuses what no driver can start. */
export function checkSpec(spec: RuntimeSpec): void {
  if (Buffer.byteLength(spec.socketFolder) > longestSocketFolder) {
    refuse(`The socket folder's path is longer than ${longestSocketFolder} bytes; sockets in it could not be opened`);
  }
  for (const name of Object.values(spec.readOnly)) {
    const steps = name.split('/');
    const climbs = steps.some((step) => step === '' || step === '.' || step === '..');
    if (climbs || steps[0] === 'sockets') refuse(`"${name}" cannot name a read-only file of a runtime`);
  }
  const { memoryBytes, pids, cpus } = spec.limits;
  if (![memoryBytes, pids, cpus].every((limit) => Number.isFinite(limit) && limit > 0))
    refuse('A limit is not positive');
}

const longestSocketFolder = 90;

function refuse(message: string): never {
  throw new RuntimeStartError('configuration_invalid', message);
}
