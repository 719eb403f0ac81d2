import { connect } from '../../connection.ts';
import type { Terminal } from '../../terminal.ts';
import { followOperation, type OperationOutput } from './wait.ts';

/** `clawpool tenants restore`: a checkpoint by its id, or the tenant's newest one at or before a time. */
export async function restoreTenant(
  terminal: Terminal,
  data: string,
  tenantId: string,
  which: { checkpointId?: string; at?: string; skipBackup?: boolean },
  output: OperationOutput,
): Promise<void> {
  const { client } = await connect(data);
  const { id } = await client.call('tenant', { params: { tenantId } });
  const { checkpointId, at, skipBackup = false } = which;
  const from = checkpointId === undefined ? { tenantId: id, ...(at === undefined ? {} : { at }) } : { checkpointId };
  const body = { kind: 'restore' as const, from, skipBackup };
  const accepted = await client.call('operateTenant', { params: { tenantId }, body });
  await followOperation(terminal, client, accepted, output);
}
