import { setTimeout as pause } from 'node:timers/promises';
import type { CallInput } from '@clawpool/client';
import { CommandError, connect } from '../../connection.ts';
import { exitCode } from '../../exit-code.ts';
import { harmless, type Terminal } from '../../terminal.ts';
import { describeOperations } from './show.ts';
import type { OperationOutput } from './wait.ts';

const lookEveryMs = 500;

/** `clawpool tenants batch`: one operation for many; tells how it goes and ends with 1 when any of them failed. */
export async function runBatch(
  terminal: Terminal,
  data: string,
  body: NonNullable<CallInput<'startBatch'>['body']>,
  { wait, json }: OperationOutput,
): Promise<void> {
  const { client } = await connect(data);
  const started = await client.call('startBatch', { body });
  const params = { batchId: started.id };
  if (!wait) {
    if (json) terminal.json(started);
    else terminal.print(`${started.kind} for ${started.total} tenants: accepted as ${started.id}`);
    return;
  }
  let batch = await client.call('batch', { params });
  for (let told = -1; batch.state === 'running'; batch = await client.call('batch', { params })) {
    const over = batch.succeeded + batch.failed;
    if (!json && over !== told) terminal.note(`${batch.kind}: ${over} of ${batch.total} …`);
    told = over;
    await pause(lookEveryMs);
  }
  if (json) terminal.json(batch);
  else terminal.print(`${batch.kind}: ${batch.succeeded} done, ${batch.failed} failed`);
  if (batch.failed === 0) return;
  if (!json && batch.failures.length > 0) terminal.print(describeOperations(batch.failures));
  throw new CommandError(exitCode.failed, harmless(`${batch.failed} of ${batch.total} failed.`));
}
