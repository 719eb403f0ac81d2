import { type Client, createClient } from '@clawpool/client';
import { exitCode } from './exit-code.ts';
import { findRunning, type RunningInstallation, readOperatorToken } from './running.ts';

export interface Connection {
  client: Client;
  running: RunningInstallation;
}

/** Ends a command with an exit code of its own; anything else that is thrown ends it with 1. */
export class CommandError extends Error {
  readonly code: number;
  readonly hint: string | undefined;

  constructor(code: number, message: string, hint?: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
    this.hint = hint;
  }
}

/**
 * A client of the installation that runs on `data`, speaking as the operator.
 * @throws CommandError `notRunning` when there is none, `failed` when its token may not be read.
 */
export async function connect(data: string): Promise<Connection> {
  const running = await findRunning(data);
  if (!running) {
    throw new CommandError(
      exitCode.notRunning,
      `Clawpool is not running on ${data}.`,
      'Start it with: clawpool up\nIf it runs on another data folder, name that with --data DIR.',
    );
  }
  const token = readOperatorToken(data);
  if (!token) {
    throw new CommandError(
      exitCode.failed,
      `Cannot read ${data}/operator.token.`,
      'Run this as the user who started Clawpool: the token is readable by that user only.',
    );
  }
  return { client: createClient({ baseUrl: running.url, token }), running };
}
