import type { CallInput } from '@clawpool/client';
import { connect } from '../../connection.ts';
import type { Terminal } from '../../terminal.ts';
import { followOperation, type OperationOutput } from './wait.ts';

export type CreateTenant = NonNullable<CallInput<'createTenant'>['body']>;
export type ChangeTenant = NonNullable<CallInput<'changeTenant'>['body']>;

/** `clawpool tenants create` */
export async function createTenant(
  terminal: Terminal,
  data: string,
  body: CreateTenant,
  output: OperationOutput,
): Promise<void> {
  const { client } = await connect(data);
  const { operation } = await client.call('createTenant', { body });
  await followOperation(terminal, client, operation, output);
}

/** `clawpool tenants set` */
export async function changeTenant(
  terminal: Terminal,
  data: string,
  tenantId: string,
  body: ChangeTenant,
  { json }: { json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const tenant = await client.call('changeTenant', { params: { tenantId }, body });
  if (json) terminal.json(tenant);
  else terminal.print(`${tenant.name}: changed`);
}
