import { setTimeout as sleep } from 'node:timers/promises';
import { ChannelError, type InboundMessage } from '@clawpool/contracts';
import type { Api } from 'grammy';
import { toChannelError } from './errors.ts';
import { allowedUpdates, readUpdate } from './receive.ts';

/** Seconds Telegram may keep a request open while there is nothing new. */
const longPollSeconds = 25;

/** Milliseconds before the first, and at most before any, new attempt after an error. */
const backOff = { first: 500, most: 30_000 };

/**
 * Fetches updates until the signal is aborted. An update is confirmed by asking for the ones after it, which happens only after `accept` has
 * taken it. Source: https://core.telegram.org/bots/api#getupdates
 */
export async function poll(
  api: Api,
  accept: (messages: InboundMessage[]) => Promise<void>,
  onTrouble: (error: ChannelError) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let botName: string | undefined;
  let offset: number | undefined;

  const step = async (): Promise<void> => {
    if (botName === undefined) {
      // With a webhook set Telegram gives nothing here. What waits is kept.
      await api.deleteWebhook({ drop_pending_updates: false }, grammySignal(signal));
      botName = (await api.getMe(grammySignal(signal))).username;
    }
    const updates = await api.getUpdates(
      { timeout: longPollSeconds, allowed_updates: allowedUpdates, ...(offset === undefined ? {} : { offset }) },
      grammySignal(signal),
    );
    const messages = updates.flatMap((update) => readUpdate(update, botName));
    if (messages.length > 0) await storing(accept(messages));
    const last = updates.at(-1);
    if (last !== undefined) offset = last.update_id + 1;
    stopSpinners(api, updates);
  };

  while (!signal.aborted) {
    try {
      await step();
      failures = 0;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toChannelError(thrown);
      if (!error.retry) throw error;
      onTrouble(error);
      await sleep(pauseAfter(error, failures++, Math.random()), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Not the platform's fault, but the same to do about it: what was not stored is fetched again. */
async function storing(accepted: Promise<void>): Promise<void> {
  try {
    await accepted;
  } catch (cause) {
    throw new ChannelError('network', 'Messages were fetched and could not be stored', { retry: true }, { cause });
  }
}

/** The button a person pressed shows that it works until the bot has answered; nothing is lost when that fails. */
function stopSpinners(api: Api, updates: readonly { callback_query?: { id: string } }[]): void {
  for (const { callback_query } of updates) {
    if (callback_query) void api.answerCallbackQuery(callback_query.id).catch(() => undefined);
  }
}

/**
 * Milliseconds until the next attempt, after so many failures in a row before this one. Doubles with each of them; up to half of it less by
 * chance (`random` from 0 to 1), so that many bots do not come back at once; never sooner than the platform asks for.
 */
export function pauseAfter(
  { retryAfterMs }: Pick<ChannelError, 'retryAfterMs'>,
  failures: number,
  random: number,
): number {
  const longest = Math.min(backOff.most, backOff.first * 2 ** Math.min(failures, 16));
  return Math.max(retryAfterMs ?? 0, longest * (1 - random / 2));
}

/** grammY's types want the AbortSignal of the library it polyfills with; Node's is the same at run time. */
type GrammySignal = Parameters<Api['getMe']>[0];
const grammySignal = (signal: AbortSignal): GrammySignal => signal as GrammySignal;
