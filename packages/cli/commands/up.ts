import { ClawpoolError } from '@clawpool/contracts';
import { type Flags, resolveConfiguration } from '../configuration.ts';
import { prepareDataFolder } from '../data-folder.ts';
import type { Environment } from '../env.ts';
import { exitCode } from '../exit-code.ts';
import type { Installation } from '../installation.ts';
import { type LogFile, openLogFile } from '../log-file.ts';
import { requireFreePort } from '../port.ts';
import { claimDataFolder, type DataFolderClaim } from '../running.ts';
import { createSteps } from '../steps.ts';
import { formatDuration } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { readVersion } from '../version.ts';
import { describeInstallation } from './up-summary.ts';

/** `clawpool up`: starts an installation and runs it until it is told to stop. Gives the exit code. */
export async function up(terminal: Terminal, environment: Environment, flags: Flags): Promise<number> {
  const startedAt = new Date();
  const { configuration, warnings } = resolveConfiguration(flags, environment, process.cwd());
  for (const warning of warnings) terminal.warn(warning);
  requireConsent(configuration);

  // Whatever can be refused is refused before anything is started.
  const { data, port, bind } = configuration;
  prepareDataFolder(data);
  const claim = await claimDataFolder(data);
  const stop = listenForStop(terminal);
  let log: LogFile | undefined;
  try {
    await requireFreePort(port, bind);
    log = openLogFile(data, terminal.warn);
    const { startInstallation } = await import('../installation.ts');
    const installation = await startInstallation({
      ...configuration,
      home: environment.home,
      version: readVersion(environment.home),
      logger: log.logger,
      steps: createSteps({ out: terminal.out, style: terminal.style, live: terminal.interactive }),
      signal: stop.signal,
    }).catch((error: unknown) => {
      if (stop.signal.aborted) return null;
      throw error;
    });
    if (installation === null) {
      terminal.print('Stopped while it was starting.');
      return exitCode.ok;
    }
    claim.announce(localUrl(bind, installation.url), startedAt);
    const took = formatDuration(Date.now() - startedAt.getTime());
    terminal.print(
      describeInstallation(installation, configuration, { took, logFile: log.path, style: terminal.style }),
    );
    await stop.requested;
    await stopInOrder(terminal, installation, claim);
    return exitCode.ok;
  } finally {
    await claim.release();
    await log?.close();
  }
}

function requireConsent({
  driver,
  unsafeProcessDriver,
}: {
  driver: string | undefined;
  unsafeProcessDriver: boolean;
}): void {
  if (driver !== 'process' || unsafeProcessDriver) return;
  throw new ClawpoolError(
    'invalid_request',
    'The process driver runs agents without isolation: they could read everything this user can, and each other’s files.',
    'Leave "driver" out of the configuration file to run them in sandboxes. To develop without isolation all the same, add --unsafe-process-driver.',
  );
}

/** The first request to stop ends the installation in order, the second ends the process. */
function listenForStop(terminal: Terminal): { signal: AbortSignal; requested: Promise<void> } {
  const controller = new AbortController();
  const requested = new Promise<void>((resolve) => {
    const onSignal = (signal: string) => {
      if (controller.signal.aborted) {
        terminal.note('Forced to stop: the next start tidies up.');
        process.exit(exitCode.failed);
      }
      terminal.print(`\nStopping (${signal}). ${signal === 'SIGINT' ? 'Ctrl-C again' : 'The same again'} forces it.`);
      controller.abort();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  });
  return { signal: controller.signal, requested };
}

async function stopInOrder(terminal: Terminal, installation: Installation, claim: DataFolderClaim): Promise<void> {
  const begin = Date.now();
  claim.withdraw();
  await installation.close((part) => terminal.print(`  stopping ${part}`));
  terminal.print(
    `Stopped in ${formatDuration(Date.now() - begin)}. Nothing is lost: messages that wait are answered after the next start.`,
  );
}

/** Where commands on this machine reach it: an address, not a name, so that nobody else can answer for it. */
export function localUrl(bind: string, url: string): string {
  const everywhere = ['0.0.0.0', '::', 'localhost'].includes(bind);
  const address = everywhere ? '127.0.0.1' : bind;
  return `http://${address.includes(':') ? `[${address}]` : address}:${new URL(url).port || 80}`;
}
