import type { OperationRequest } from '@clawpool/contracts';
import { connect } from '../../connection.ts';
import type { Terminal } from '../../terminal.ts';
import { followOperation, type OperationOutput } from './wait.ts';

/** `clawpool tenants start|stop|…`: one operation for each of the tenants, one after the other; the first failure ends it. */
export async function operateTenants(
  terminal: Terminal,
  data: string,
  tenants: readonly string[],
  request: OperationRequest,
  output: OperationOutput,
): Promise<void> {
  const { client } = await connect(data);
  for (const tenantId of tenants) {
    const accepted = await client.call('operateTenant', { params: { tenantId }, body: request });
    await followOperation(terminal, client, accepted, output);
  }
}
