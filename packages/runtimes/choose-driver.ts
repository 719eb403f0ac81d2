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
  const { stateFolder, preferred, allowUnsafe } = options;
  if (preferred === 'process') {
    if (!allowUnsafe) throw withoutConsent();
    return use(createProcessDriver({ stateFolder }), 'The process driver was asked for; it does not isolate agents.');
  }
  const sandbox = createSandboxDriver({ stateFolder });
  const probe = await sandbox.probe();
  if (probe.usable) {
    return { driver: sandbox, why: sandboxWorks, limits: probe.limits, notes: probe.notes };
  }
  if (preferred === 'sandbox' || !allowUnsafe) {
    throw new ClawpoolError(
      'unavailable',
      `Agents cannot be isolated on this machine: ${probe.reason}`,
      hintFor(probe),
    );
  }
  return use(
    createProcessDriver({ stateFolder }),
    `Agents are not isolated, as you allowed, because the sandbox does not work here: ${probe.reason}.`,
  );
}

const sandboxWorks = 'A trial sandbox worked on this machine, so every agent gets one without network.';

async function use(driver: RuntimeDriver, why: string): Promise<ChosenDriver> {
  const probe = await driver.probe();
  if (!probe.usable) throw new ClawpoolError('unavailable', probe.reason, probe.hint);
  return { driver, why, limits: probe.limits, notes: probe.notes };
}

function hintFor(probe: Extract<DriverProbe, { usable: false }>): string {
  return `${probe.hint} For development only, --unsafe-process-driver starts agents without isolation.`;
}

function withoutConsent(): ClawpoolError {
  return new ClawpoolError(
    'unavailable',
    'The process driver does not isolate agents from each other or from this machine.',
    'Leave the choice of the driver to Clawpool, or accept the risk with --unsafe-process-driver.',
  );
}
