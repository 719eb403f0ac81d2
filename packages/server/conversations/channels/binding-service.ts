import { randomUUID } from 'node:crypto';
import {
  type ChannelAccount,
  type ChannelBinding,
  ClawpoolError,
  type Pairing,
  pairingMinutes,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { enqueueOutbound } from '../delivery/outbox.ts';
import { discardOutbound } from '../delivery/outbox-store.ts';
import {
  type BindingRow,
  deleteBinding,
  deletePairing,
  findBindingOfEmployee,
  listBindings,
  putPairing,
  setPreferred,
} from './binding-store.ts';
import { noSuchAccount } from './channel-account.ts';
import { type ChannelAccountRow, findAccount, listAccounts } from './channel-account-store.ts';
import { hashOfToken, pairingToken } from './pairing.ts';

/** Which platform's user is which person: as admins see it, and as each person sees their own. */
export interface BindingService {
  list(principal: Principal, accountId: string): Promise<ChannelBinding[]>;
  /** They are told in their chat. */
  remove(principal: Principal, accountId: string, platformUserId: string): Promise<void>;

  mine(principal: Principal): Promise<{
    accounts: Pick<ChannelAccount, 'id' | 'channel' | 'name' | 'accountName'>[];
    bindings: ChannelBinding[];
  }>;
  /** An earlier token of the same person for the same account ends. */
  startPairing(principal: Principal, accountId: string): Promise<Pairing>;
  cancelPairing(principal: Principal, accountId: string): Promise<void>;
  changeMine(principal: Principal, accountId: string, change: { preferred: boolean }): Promise<ChannelBinding>;
  removeMine(principal: Principal, accountId: string): Promise<void>;
}

export function createBindingService({ db }: Database): BindingService {
  async function account(organizationId: string, accountId: string): Promise<ChannelAccountRow> {
    const row = await findAccount(db, organizationId, accountId);
    if (row) return row;
    throw noSuchAccount();
  }

  /** As a person who pairs sees it: what is switched off is not there. */
  async function usable({ organizationId }: Principal, accountId: string): Promise<ChannelAccountRow> {
    const row = await account(organizationId, accountId);
    if (row.enabled) return row;
    throw noSuchAccount();
  }

  async function startPairing(principal: Principal, accountId: string): Promise<Pairing> {
    const { organizationId, userId } = principal;
    const employeeId = employeeOf(principal);
    const { id, name, pairingLink } = await usable(principal, accountId);
    const token = pairingToken();
    const expiresAt = new Date(Date.now() + pairingMinutes * 60_000);
    await db.transaction(async (tx) => {
      await putPairing(tx, {
        ...{ organizationId, accountId: id, employeeId, userId },
        ...{ tokenHash: hashOfToken(token), expiresAt },
      });
      await audit(tx, principal, 'pairing.started', { id, name, detail: { employeeId } });
    });
    const link = pairingLink?.replaceAll('{token}', token) ?? null;
    return { token, command: `/start ${token}`, link, expiresAt: expiresAt.toISOString() };
  }

  async function cancelPairing(principal: Principal, accountId: string): Promise<void> {
    const { organizationId } = principal;
    const employeeId = employeeOf(principal);
    const { id, name } = await account(organizationId, accountId);
    await db.transaction(async (tx) => {
      if (!(await deletePairing(tx, { organizationId, accountId }, employeeId))) return;
      await audit(tx, principal, 'pairing.cancelled', { id, name, detail: { employeeId } });
    });
  }

  async function changeMine(principal: Principal, accountId: string, { preferred }: { preferred: boolean }) {
    const { organizationId } = principal;
    const employeeId = employeeOf(principal);
    const { name } = await account(organizationId, accountId);
    await db.transaction(async (tx) => {
      if (!(await findBindingOfEmployee(tx, { organizationId, accountId }, employeeId))) throw noSuchBinding();
      await setPreferred(tx, { organizationId, accountId, employeeId }, preferred);
      await markAgents(tx, organizationId, { employeeIds: [employeeId] });
      await audit(tx, principal, 'channel_binding.changed', { id: accountId, name, detail: { employeeId, preferred } });
    });
    const [binding] = await listBindings(db, organizationId, { accountId, employeeId });
    if (!binding) throw noSuchBinding();
    return binding;
  }

  async function removeMine(principal: Principal, accountId: string): Promise<void> {
    const { organizationId } = principal;
    const employeeId = employeeOf(principal);
    const { name } = await account(organizationId, accountId);
    await db.transaction(async (tx) => {
      // Agents before the binding, as the end of a turn locks them too.
      await markAgents(tx, organizationId, { employeeIds: [employeeId] });
      const mine = await findBindingOfEmployee(tx, { organizationId, accountId }, employeeId);
      const gone = mine && (await deleteBinding(tx, { organizationId, accountId }, mine.platformUserId));
      if (!gone) throw noSuchBinding();
      await tellDisconnected(tx, gone, 'This chat is disconnected from your agent, as you asked in the portal.');
      await audit(tx, principal, 'channel_binding.removed', { id: accountId, name, detail: { employeeId } });
    });
  }

  async function remove(principal: Principal, accountId: string, platformUserId: string): Promise<void> {
    const { organizationId } = principal;
    const { name } = await account(organizationId, accountId);
    await db.transaction(async (tx) => {
      const [bound] = await listBindings(tx, organizationId, { accountId, platformUserId });
      if (bound) await markAgents(tx, organizationId, { employeeIds: [bound.employee.id] });
      const gone = await deleteBinding(tx, { organizationId, accountId }, platformUserId);
      if (!gone) throw noSuchBinding();
      await tellDisconnected(
        tx,
        gone,
        'An admin has disconnected this chat from your agent. You can pair it again in the portal.',
      );
      const detail = { employeeId: gone.employeeId, platformUserId };
      await audit(tx, principal, 'channel_binding.removed', { id: accountId, name, detail });
    });
  }

  return {
    remove,
    startPairing,
    cancelPairing,
    changeMine,
    removeMine,
    list: async ({ organizationId }, accountId) => {
      await account(organizationId, accountId);
      return listBindings(db, organizationId, { accountId });
    },
    mine: async ({ organizationId, employeeId }) => {
      const accounts = await listAccounts(db, organizationId);
      return {
        accounts: accounts
          .filter(({ row }) => row.enabled)
          .map(({ row: { id, channel, name, accountName } }) => ({ id, channel, name, accountName })),
        bindings: employeeId === null ? [] : await listBindings(db, organizationId, { employeeId }),
      };
    },
  };
}

/** Commits with the end of the binding: it is the last thing the chat is told, also where other things were to be said in it. */
export async function tellDisconnected(tx: Transaction, binding: BindingRow, text: string): Promise<void> {
  const { organizationId, accountId, chatId } = binding;
  await discardOutbound(tx, binding);
  await enqueueOutbound(tx, {
    organizationId,
    to: { accountId, chatId },
    kind: 'note',
    dedupeKey: `disconnected:${randomUUID()}`,
    text,
  });
}

function employeeOf({ employeeId }: Principal): string {
  if (employeeId !== null) return employeeId;
  throw new ClawpoolError(
    'not_allowed',
    'You have no agent that a channel could be paired with.',
    'An admin has to give you a position with an agent.',
  );
}

const noSuchBinding = () =>
  new ClawpoolError('not_found', 'Nobody is paired here.', 'They may have been disconnected meanwhile.');

async function audit(
  tx: Transaction,
  { organizationId, userId, name: actor }: Principal,
  action: string,
  { id, name, detail }: { id: string; name: string; detail: Record<string, unknown> },
): Promise<void> {
  await recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name: actor },
    action,
    target: { type: 'channel_account', id, name },
    outcome: 'allowed',
    detail,
  });
}
