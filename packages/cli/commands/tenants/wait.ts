import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@clawpool/client';
import type { Operation } from '@clawpool/contracts';
import { CommandError } from '../../connection.ts';
import { exitCode } from '../../exit-code.ts';
import { harmless, type Terminal } from '../../terminal.ts';

const lookEveryMs = 250;

export interface OperationOutput {
  /** False: only say that it was accepted. */
  wait: boolean;
  json: boolean;
}

/**
 * Tells what becomes of an operation that was accepted: its phases while it runs, then its end.
 * @throws CommandError with the operation's reason and hint when it failed
 */
export async function followOperation(
  terminal: Terminal,
  client: Client,
  accepted: Operation,
  { wait, json }: OperationOutput,
): Promise<void> {
  if (!wait) {
    if (json) terminal.json(accepted);
    else terminal.print(`${describe(accepted)}: accepted as ${accepted.id}`);
    return;
  }
  const over = await untilOver(client, accepted, (phase) => {
    if (!json) terminal.note(`${describe(accepted)}: ${phase.replaceAll('_', ' ')} …`);
  });
  if (json) terminal.json(over);
  if (over.state !== 'succeeded') {
    throw new CommandError(
      exitCode.failed,
      harmless(`${describe(over)}: ${over.state} (${over.reason}). ${over.message ?? ''}`.trim()),
      over.hint ?? undefined,
    );
  }
  if (!json) terminal.print(`${describe(over)}: done${describeResult(over)}`);
}

/** Resolves with the operation once it is over; told each phase it is seen in. */
async function untilOver(client: Client, accepted: Operation, onPhase: (phase: string) => void): Promise<Operation> {
  let operation = accepted;
  let phase = '';
  while (operation.finishedAt === null) {
    if (operation.phase !== phase) onPhase(operation.phase);
    phase = operation.phase;
    await pause(lookEveryMs);
    operation = await client.call('operation', { params: { operationId: operation.id } });
  }
  return operation;
}

const describe = ({ kind, tenantName }: Operation): string => harmless(`${kind} ${tenantName}`);

function describeResult({ result }: Operation): string {
  if (result?.tenantId) return `, tenant ${result.tenantId}`;
  if (result?.checkpointId) return `, checkpoint ${result.checkpointId}`;
  return result?.startedBy === 'warm-slot' ? ', from a warm slot' : '';
}
