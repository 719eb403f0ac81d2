import { type ChannelAccount, ChannelError, ClawpoolError } from '@clawpool/contracts';
import type { CountedAccount } from './channel-account-store.ts';

/** Where platforms call: `<public address>/channels/<channel>/<account>`. Null without a public address. */
export function webhookUrl(publicUrl: string | null, account: { channel: string; id: string }): string | null {
  return publicUrl === null ? null : `${publicUrl.replace(/\/+$/u, '')}/channels/${account.channel}/${account.id}`;
}

export function toChannelAccount(
  { row, bindings, receivedLastDay }: CountedAccount,
  publicUrl: string | null,
): ChannelAccount {
  const { id, channel, name, accountName, mode, enabled, trouble } = row;
  return {
    ...{ id, channel, name, accountName, mode, enabled, bindings, receivedLastDay },
    health: enabled ? (trouble === null ? 'receiving' : 'trouble') : 'off',
    trouble: enabled ? trouble : null,
    webhookUrl: mode === 'webhook' ? webhookUrl(publicUrl, row) : null,
    lastReceivedAt: row.lastReceivedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

/** What a platform answered an admin, as an error of ours. Anything else is returned as it is. */
export function platformError(error: unknown): unknown {
  if (!(error instanceof ChannelError)) return error;
  if (error.kind === 'secret') {
    return new ClawpoolError(
      'invalid_request',
      `The platform refuses the secret: ${error.message}`,
      'Copy it again from the platform.',
    );
  }
  return new ClawpoolError(
    error.retry ? 'unavailable' : 'invalid_request',
    `The platform does not do what it was asked: ${error.message}`,
    error.retry ? 'Check that this machine reaches the platform, and try again.' : 'Check the secret and the settings.',
  );
}

export const noSuchAccount = () =>
  new ClawpoolError('not_found', 'There is no such channel account.', 'It may have been disconnected meanwhile.');

/** Only the database can tell that two have connected the same bot at the same moment. */
export function asConflict(error: unknown, accountName: string): unknown {
  for (let cause = error, depth = 0; cause && depth < 5; cause = (cause as Error).cause, depth++) {
    if ((cause as { code?: string }).code === '23505') {
      return new ClawpoolError(
        'conflict',
        `The bot “${accountName}” is connected already.`,
        'Change the account that is there, or remove it first.',
      );
    }
  }
  return error;
}
