import type { ChannelConnection, ChannelDriver, ChannelName } from '@clawpool/contracts';
import type { Database } from '../../store/database.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import type { Seal } from '../../store/seal.ts';
import { type ChannelAccountRow, findAccountAnywhere } from './channel-account-store.ts';

/** An account with what is needed to talk to its platform. */
export interface OpenAccount {
  organizationId: string;
  id: string;
  channel: ChannelName;
  /** The bot's name on the platform. */
  accountName: string;
  enabled: boolean;
  mode: 'webhook' | 'polling';
  version: number;
  driver: ChannelDriver;
  connection: ChannelConnection;
  webhookSecret: string;
}

/** The accounts of all organizations, each opened once per process and again after a change. */
export interface OpenAccounts {
  /** Null: there is no such account (any more). Rejects when its secret cannot be opened. */
  find(accountId: string): Promise<OpenAccount | null>;
  /** As `find`, for what must not reach another organization's. */
  findIn(organizationId: string, accountId: string): Promise<OpenAccount | null>;
  close(): void;
}

export interface OpenAccountsOptions {
  database: Database;
  notifications: NotificationListener;
  drivers: ReadonlyMap<ChannelName, ChannelDriver>;
  seal: Seal;
}

export function createOpenAccounts({ database, notifications, drivers, seal }: OpenAccountsOptions): OpenAccounts {
  const open = new Map<string, Promise<OpenAccount | null>>();
  const stops = [
    notifications.on('channel_account_changed', ({ accountId }) => open.delete(accountId)),
    notifications.onGap(() => open.clear()),
  ];

  function find(accountId: string): Promise<OpenAccount | null> {
    const known = open.get(accountId);
    if (known) return known;
    const found = findAccountAnywhere(database.db, accountId).then((row) => row && openAccount(row, drivers, seal));
    open.set(accountId, found);
    // Strangers can ask for any id: what is not there is not remembered, nor is a failure.
    const forget = () => {
      if (open.get(accountId) === found) open.delete(accountId);
    };
    found.then((account) => account ?? forget(), forget);
    return found;
  }

  return {
    find,
    findIn: async (organizationId, accountId) => {
      const account = await find(accountId);
      return account?.organizationId === organizationId ? account : null;
    },
    close: () => {
      for (const stop of stops) stop();
    },
  };
}

function openAccount(
  row: ChannelAccountRow,
  drivers: ReadonlyMap<ChannelName, ChannelDriver>,
  seal: Seal,
): OpenAccount | null {
  const driver = drivers.get(row.channel);
  if (!driver) return null;
  const webhookSecret = seal.open(row.sealedWebhookSecret);
  const secret = seal.open(row.sealedSecret);
  const { organizationId, id, channel, accountName, enabled, mode, version, settings } = row;
  const connection = driver.connect({ settings, secret, webhookSecret });
  return { organizationId, id, channel, accountName, enabled, mode, version, driver, connection, webhookSecret };
}
