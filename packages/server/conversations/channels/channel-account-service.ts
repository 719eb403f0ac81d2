import { randomBytes, randomUUID } from 'node:crypto';
import {
  type ChannelAccount,
  type ChannelAccountDescription,
  type ChannelConnection,
  type ChannelDriver,
  ChannelError,
  type ChannelName,
  type ChannelSettings,
  ClawpoolError,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Transaction } from '../../store/database.ts';
import type { Seal } from '../../store/seal.ts';
import { asConflict, noSuchAccount, platformError, toChannelAccount } from './channel-account.ts';
import {
  type ChannelAccountRow,
  deleteAccount,
  findAccount,
  insertAccount,
  listAccounts,
  updateAccount,
} from './channel-account-store.ts';

/** Bots of an organization, as its admins keep them. */
export interface ChannelAccountService {
  list(principal: Principal): Promise<ChannelAccount[]>;
  /** Asks the platform who the bot is before anything is stored. */
  add(principal: Principal, account: NewChannelAccount): Promise<ChannelAccount>;
  change(principal: Principal, accountId: string, change: ChannelAccountChange): Promise<ChannelAccount>;
  /** An account whose reception had ended begins again when the platform knows it. */
  test(principal: Principal, accountId: string): Promise<{ ok: boolean; accountName: string | null; message: string }>;
  remove(principal: Principal, accountId: string): Promise<void>;
}

export interface NewChannelAccount {
  channel: ChannelName;
  name: string;
  secret: string;
  mode: 'webhook' | 'polling';
  apiRoot?: string | undefined;
}

export interface ChannelAccountChange {
  name?: string | undefined;
  enabled?: boolean | undefined;
  mode?: 'webhook' | 'polling' | undefined;
  secret?: string | undefined;
}

export interface ChannelAccountServiceOptions {
  database: Database;
  drivers: ReadonlyMap<ChannelName, ChannelDriver>;
  seal: Seal;
  /** Where platforms reach this installation, such as `https://agents.example.com`; null: they do not. */
  publicUrl: string | null;
}

export function createChannelAccountService(options: ChannelAccountServiceOptions): ChannelAccountService {
  const { database, drivers, seal, publicUrl } = options;
  const { db } = database;

  function driverOf(channel: ChannelName): ChannelDriver {
    const driver = drivers.get(channel);
    if (driver) return driver;
    throw new ClawpoolError('invalid_request', `This Clawpool cannot talk to ${channel}.`);
  }

  function refuseMode(driver: ChannelDriver, mode: 'webhook' | 'polling'): void {
    if (!driver.features[mode]) {
      throw new ClawpoolError('invalid_request', `${driver.name} does not support ${mode}.`, 'Choose the other mode.');
    }
    if (mode === 'webhook' && publicUrl === null) {
      throw new ClawpoolError(
        'invalid_request',
        'The platform cannot call this Clawpool: it does not know its own public address.',
        'An operator sets it (public URL, https) and starts Clawpool again; or choose polling, which needs none.',
      );
    }
  }

  async function get(organizationId: string, accountId: string): Promise<ChannelAccount> {
    const [found] = await listAccounts(db, organizationId, accountId);
    if (!found) throw noSuchAccount();
    return toChannelAccount(found, publicUrl);
  }

  async function add(principal: Principal, account: NewChannelAccount): Promise<ChannelAccount> {
    const { organizationId } = principal;
    const driver = driverOf(account.channel);
    refuseMode(driver, account.mode);
    const settings = settingsOf(driver, account.apiRoot);
    const webhookSecret = randomBytes(32).toString('base64url');
    const connection = driver.connect({ settings, secret: account.secret, webhookSecret });
    const { accountName, pairingLink } = await describe(connection);
    const id = randomUUID();
    const { channel, name, mode } = account;
    await db
      .transaction(async (tx) => {
        await insertAccount(tx, {
          ...{ organizationId, id, channel, name, accountName, pairingLink, settings, mode },
          sealedSecret: seal.seal(account.secret),
          sealedWebhookSecret: seal.seal(webhookSecret),
        });
        await audit(tx, principal, 'channel_account.added', { id, name, detail: { channel, accountName, mode } });
      })
      .catch((error: unknown) => {
        throw asConflict(error, accountName);
      });
    return get(organizationId, id);
  }

  async function change(
    principal: Principal,
    accountId: string,
    { name, enabled, mode, secret }: ChannelAccountChange,
  ): Promise<ChannelAccount> {
    const { organizationId } = principal;
    const row = await own(organizationId, accountId);
    const driver = driverOf(row.channel);
    // An account that is switched on again has to be able to receive, too.
    if (mode !== undefined || enabled === true) refuseMode(driver, mode ?? row.mode);
    const described = secret === undefined ? null : await describe(connect(driver, row, secret));
    await db
      .transaction(async (tx) => {
        const changed = await updateAccount(tx, organizationId, accountId, {
          ...(name === undefined ? {} : { name }),
          ...(enabled === undefined ? {} : { enabled }),
          ...(mode === undefined ? {} : { mode }),
          ...(secret === undefined ? {} : { sealedSecret: seal.seal(secret) }),
          ...described,
        });
        if (!changed) throw noSuchAccount();
        const detail = {
          ...{ name, enabled, mode },
          ...(described ? { secret: 'replaced', accountName: described.accountName } : {}),
        };
        await audit(tx, principal, 'channel_account.changed', { id: row.id, name: name ?? row.name, detail });
      })
      .catch((error: unknown) => {
        throw asConflict(error, described?.accountName ?? row.accountName);
      });
    if (row.enabled && enabled === false) await endWebhook(driver, row);
    return get(organizationId, accountId);
  }

  async function test(principal: Principal, accountId: string) {
    const row = await own(principal.organizationId, accountId);
    const connection = connect(driverOf(row.channel), row, seal.open(row.sealedSecret));
    try {
      const { accountName } = await connection.describe();
      if (row.trouble !== null) {
        await db.transaction((tx) => updateAccount(tx, row.organizationId, row.id, {}));
      }
      return { ok: true, accountName, message: `The platform knows the bot as ${accountName}.` };
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      return { ok: false, accountName: null, message: error.message };
    }
  }

  async function remove(principal: Principal, accountId: string): Promise<void> {
    const row = await own(principal.organizationId, accountId);
    await db.transaction(async (tx) => {
      await deleteAccount(tx, row.organizationId, row.id);
      const detail = { channel: row.channel, accountName: row.accountName };
      await audit(tx, principal, 'channel_account.removed', { id: row.id, name: row.name, detail });
    });
    if (row.enabled) await endWebhook(driverOf(row.channel), row);
  }

  async function own(organizationId: string, accountId: string): Promise<ChannelAccountRow> {
    const row = await findAccount(db, organizationId, accountId);
    if (row) return row;
    throw noSuchAccount();
  }

  const connect = (driver: ChannelDriver, row: ChannelAccountRow, secret: string) =>
    driver.connect({ settings: row.settings, secret, webhookSecret: seal.open(row.sealedWebhookSecret) });

  /** The platform stops calling where nobody listens. If it is away it goes on for a while, and is refused. */
  async function endWebhook(driver: ChannelDriver, row: ChannelAccountRow): Promise<void> {
    if (row.mode !== 'webhook') return;
    await connect(driver, row, seal.open(row.sealedSecret))
      .setWebhook(null)
      .catch(() => undefined);
  }

  return {
    add,
    change,
    test,
    remove,
    list: async ({ organizationId }) =>
      (await listAccounts(db, organizationId)).map((account) => toChannelAccount(account, publicUrl)),
  };
}

function settingsOf(driver: ChannelDriver, apiRoot: string | undefined): ChannelSettings {
  const parsed = driver.settings.safeParse(apiRoot === undefined ? {} : { apiRoot });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ClawpoolError(
    'invalid_request',
    `${issue?.path.join('.') ?? 'settings'}: ${issue?.message ?? 'does not fit'}`,
  );
}

async function describe(connection: ChannelConnection): Promise<ChannelAccountDescription> {
  try {
    return await connection.describe();
  } catch (error) {
    throw platformError(error);
  }
}

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
