import { and, eq } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Transaction } from '../../store/database.ts';
import { employees } from '../../store/schema/index.ts';
import { tellDisconnected } from './binding-service.ts';
import {
  deleteBinding,
  deletePairing,
  findBindingOfEmployee,
  findPairing,
  insertBinding,
  listBindings,
} from './binding-store.ts';
import { hashOfToken } from './pairing.ts';

export interface PairingAttempt {
  organizationId: string;
  accountId: string;
  accountName: string;
  platformUserId: string;
  displayName: string;
  chatId: string;
  token: string;
}

/**
 * - `paired`: the platform's user is that employee from now on; the token is used up
 * - `wrong`: there is no such token, or it is too old
 * - `taken`: the platform's user is another employee already; the token still works
 */
export type PairingResult =
  | { result: 'paired'; employeeId: string; employeeName: string }
  | { result: 'wrong' }
  | { result: 'taken'; employeeName: string };

export async function completePairing(tx: Transaction, attempt: PairingAttempt): Promise<PairingResult> {
  const { organizationId, accountId, platformUserId, displayName, chatId } = attempt;
  const pairing = await findPairing(tx, attempt, hashOfToken(attempt.token));
  if (!pairing) return { result: 'wrong' };
  const { employeeId, userId } = pairing;
  const [bound] = await listBindings(tx, organizationId, { accountId, platformUserId });
  if (bound && bound.employee.id !== employeeId) return { result: 'taken', employeeName: bound.employee.name };

  const [employee] = await tx
    .select({ name: employees.name })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  if (!employee) return { result: 'wrong' };
  // Agents before the binding, as the end of a turn locks them too.
  await markAgents(tx, organizationId, { employeeIds: [employeeId] });
  // The same person with another account of the platform: the newer one counts.
  const earlier = await findBindingOfEmployee(tx, attempt, employeeId);
  if (earlier) {
    await deleteBinding(tx, attempt, earlier.platformUserId);
    if (earlier.platformUserId !== platformUserId) {
      await tellDisconnected(tx, earlier, 'This chat is disconnected: your agent was paired with another one.');
    }
  }
  await insertBinding(tx, { organizationId, accountId, platformUserId, chatId, displayName, employeeId, userId });
  await deletePairing(tx, attempt, employeeId);
  await recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name: employee.name },
    action: 'channel_binding.added',
    target: { type: 'channel_account', id: accountId, name: attempt.accountName },
    outcome: 'allowed',
    detail: { employeeId, platformUserId, displayName },
  });
  return { result: 'paired', employeeId, employeeName: employee.name };
}
