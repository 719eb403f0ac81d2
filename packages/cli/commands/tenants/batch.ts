import { setTimeout as pause } from 'node:timers/promises';
import type { CallInput } from '@clawpool/client';
import type { Batch } from '@clawpool/contracts';
import { CommandError, connect } from '../../connection.ts';
import { exitCode } from '../../exit-code.ts';
import { renderTable } from '../../table.ts';
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
    const over = batch.succeeded + batch.failed + batch.cancelled;
    if (!json && over !== told) terminal.note(`${batch.kind}: ${over} of ${batch.total} …`);
    told = over;
    await pause(lookEveryMs);
  }
  if (json) terminal.json(batch);
  else terminal.print(describeBatch(batch));
  if (batch.failed === 0) return;
  if (!json && batch.failures.length > 0) terminal.print(describeOperations(batch.failures));
  throw new CommandError(exitCode.failed, harmless(`${batch.failed} of ${batch.total} failed.`));
}

/** `clawpool batches`. */
export async function listBatches(terminal: Terminal, data: string, { json }: { json: boolean }): Promise<void> {
  const { client } = await connect(data);
  const { batches } = await client.call('listBatches', {});
  if (json) return terminal.json({ batches });
  if (batches.length === 0) return terminal.print('There was no batch yet.');
  const rows = batches.map((batch) => [
    ...[batch.id, batch.createdAt, batch.kind, stateOf(batch), String(batch.total), String(batch.succeeded)],
    ...[String(batch.failed), String(batch.cancelled), batch.requestedBy],
  ]);
  const titles = ['BATCH', 'CREATED', 'OPERATION', 'STATE', 'TENANTS', 'DONE', 'FAILED', 'CALLED BACK', 'BY'];
  terminal.print(
    renderTable(
      titles,
      rows.map((row) => row.map(harmless)),
    ),
  );
}

/** `clawpool batches show`: how it goes, and what failed. */
export async function showBatch(
  terminal: Terminal,
  data: string,
  { batchId, json }: { batchId: string; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const batch = await client.call('batch', { params: { batchId } });
  if (json) return terminal.json(batch);
  terminal.print(harmless(`${describeBatch(batch)}, of ${batch.total}; ${stateOf(batch)}`));
  if (batch.failures.length > 0) terminal.print(describeOperations(batch.failures));
}

/** `clawpool batches cancel`. */
export async function cancelBatch(
  terminal: Terminal,
  data: string,
  { batchId, json }: { batchId: string; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const batch = await client.call('cancelBatch', { params: { batchId } });
  if (json) terminal.json(batch);
  else terminal.print(`${describeBatch(batch)}; what is under way comes to its end.`);
}

function describeBatch({ kind, succeeded, failed, cancelled }: Batch): string {
  const back = cancelled > 0 ? `, ${cancelled} called back` : '';
  return `${kind}: ${succeeded} done, ${failed} failed${back}`;
}

const stateOf = ({ state, cancelledAt }: Batch): string => (cancelledAt === null ? state : `${state}, called back`);
