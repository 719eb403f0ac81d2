import { ChannelError } from '@clawpool/contracts';
import { GrammyError } from 'grammy';

/**
 * What went wrong, in the words of every channel. Sources: https://core.telegram.org/bots/api#making-requests,
 * https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
 * No cause is attached: below it stands the address that was called, and the address has the bot's token in it.
 */
export function toChannelError(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error;
  if (error instanceof GrammyError) return ofAnswer(error.error_code, error.description, error.parameters.retry_after);
  return new ChannelError('network', 'Telegram could not be reached, or its answer could not be read', { retry: true });
}

/** `retryAfter` in seconds. */
export function ofAnswer(status: number, description: string, retryAfter?: number): ChannelError {
  const told = `Telegram: ${description}`;
  if (status === 429) {
    return new ChannelError('limited', told, {
      retry: true,
      retryAfterMs: retryAfter === undefined ? null : retryAfter * 1000,
    });
  }
  // 404 is what Telegram says to a token that does not even look like one.
  if (status === 401 || status === 404) {
    return new ChannelError('secret', `Telegram does not know the bot’s token (${description})`, { retry: false });
  }
  if (status === 403 || (status === 400 && isGone(description)))
    return new ChannelError('blocked', told, { retry: false });
  // Somebody else fetches this bot's messages, or a webhook is set: may end by itself.
  if (status === 409) return new ChannelError('refused', told, { retry: true });
  if (status === 413 || /file is too big|entity too large/i.test(description)) {
    return new ChannelError('too_large', told, { retry: false });
  }
  if (status >= 500) return new ChannelError('network', told, { retry: true });
  return new ChannelError('refused', told, { retry: false });
}

const isGone = (description: string): boolean =>
  /chat not found|user is deactivated|PEER_ID_INVALID|group chat was (deleted|upgraded)|chat_write_forbidden/i.test(
    description,
  );

/** Telegram answered, and did not like what it was asked, rather than who asked or how often. */
export const saysBadRequest = (error: unknown, about: RegExp): boolean =>
  error instanceof GrammyError && error.error_code === 400 && about.test(error.description);
