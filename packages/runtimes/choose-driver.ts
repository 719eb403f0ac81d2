import type { DriverName, DriverProbe, EnforcedLimits, RuntimeDriver } from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import { createProcessDriver } from './process/driver.ts';
import { createSandboxDriver } from './sandbox/driver.ts';

export interface ChosenDriver {
  driver: RuntimeDriver;
  /** One sentence for the operator. */
  why: string;
  limits: EnforcedLimits;
  notes: string[];
}

/**
 * Picks the driver that isolates best on this machine. One that does not isolate is never picked without the operator's
 * consent.
 *
 * @throws ClawpoolError `unavailable` with what to install or change
 */
export async function chooseDriver(options: {
  stateFolder: string;
  preferred?: DriverName;
  allowUnsafe: boolean;
}): Promise<ChosenDriver> {
  const { stateFolder } = options;
  const sandbox = createSandboxDriver({ stateFolder });
  const sandboxProbe = await sandbox.probe();
  const { name, why } = decide(options, sandboxProbe);
  const driver = name === 'sandbox' ? sandbox : createProcessDriver({ stateFolder });
  const probe = name === 'sandbox' ? sandboxProbe : await driver.probe();
  if (!probe.usable) throw new ClawpoolError('unavailable', probe.reason, probe.hint);
  return { driver, why, limits: probe.limits, notes: probe.notes };
}

/** The rule behind the choice. */
export function decide(
  wish: { preferred?: DriverName; allowUnsafe: boolean },
  sandbox: DriverProbe,
): { name: DriverName; why: string } {
  if (wish.preferred === 'process' && !wish.allowUnsafe) {
    throw new ClawpoolError(
      'unavailable',
      'The process driver does not isolate agents from each other or from this machine.',
      'Leave the choice of the driver to Clawpool, or accept the risk with --unsafe-process-driver.',
    );
  }
  if (wish.preferred === 'process') {
    return { name: 'process', why: 'The process driver was asked for; it does not isolate agents.' };
  }
  if (sandbox.usable) {
    return { name: 'sandbox', why: 'A trial sandbox worked on this machine, so every agent gets one without network.' };
  }
  if (wish.preferred === 'sandbox' || !wish.allowUnsafe) {
    throw new ClawpoolError(
      'unavailable',
      `Agents cannot be isolated on this machine: ${sandbox.reason}`,
      `${sandbox.hint} For development only, --unsafe-process-driver starts agents without isolation.`,
    );
  }
  return {
    name: 'process',
    why: `Agents are not isolated, as you allowed, because the sandbox does not work here: ${sandbox.reason}.`,
  };
}
