import type { ChannelAccountSecrets, ChannelConnection, OutboundMessage } from '@clawpool/contracts';
import { ChannelError } from '@clawpool/contracts';
import { Api, InputFile } from 'grammy';
import { ofAnswer, saysBadRequest, toChannelError } from './errors.ts';
import { renderHtml } from './html.ts';
import { poll } from './poll.ts';
import { allowedUpdates } from './receive.ts';

/** What the Bot API takes. Sources: https://core.telegram.org/bots/api#sendmessage, #sending-files, #getfile, #inlinekeyboardbutton */
export const telegramLimits = {
  text: 4096,
  caption: 1024,
  inboundBytes: 20 * 1024 * 1024,
  outboundBytes: 50 * 1024 * 1024,
  photoBytes: 10 * 1024 * 1024,
  buttonValueBytes: 64,
} as const;

/** Seconds a request may take; longer than a long poll, and enough for the largest file on a slow line. */
const timeoutSeconds = 120;

export function connectTelegram({ settings, secret, webhookSecret }: ChannelAccountSecrets): ChannelConnection {
  const apiRoot = settings.apiRoot.replace(/\/+$/, '');
  const api = new Api(secret, { apiRoot, timeoutSeconds });

  return {
    async describe() {
      const { username } = await told(() => api.getMe());
      return { accountName: username, pairingLink: `https://t.me/${username}?start={token}` };
    },
    async send(message) {
      checkOutbound(message);
      const { message_id } = await told(() =>
        message.attachment ? sendFile(api, message, message.attachment) : sendText(api, message),
      );
      return { platformMessageId: String(message_id) };
    },
    async edit(chatId, platformMessageId, text) {
      await told(() => editText(api, chatId, Number(platformMessageId), text));
    },
    async typing(chatId) {
      await told(() => api.sendChatAction(chatId, 'typing'));
    },
    async download(fileId, maxBytes) {
      const { file_path, file_size = 0 } = await told(() => api.getFile(fileId));
      if (file_size > maxBytes) throw tooLarge(maxBytes);
      if (file_path === undefined) throw new ChannelError('refused', 'Telegram has the file no more', { retry: false });
      return await fetchFile(`${apiRoot}/file/bot${secret}/${file_path}`, maxBytes);
    },
    async setWebhook(url) {
      const kept = { drop_pending_updates: false };
      await told(() =>
        url === null
          ? api.deleteWebhook(kept)
          : api.setWebhook(url, { ...kept, secret_token: webhookSecret, allowed_updates: allowedUpdates }),
      );
    },
    poll: (accept, onTrouble, signal) => poll(api, accept, onTrouble, signal),
  };
}

async function told<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw toChannelError(error);
  }
}

function checkOutbound({ text, attachment, buttons }: OutboundMessage): void {
  if (attachment && attachment.content.byteLength > telegramLimits.outboundBytes)
    throw tooLarge(telegramLimits.outboundBytes);
  if (!attachment && text.trim() === '')
    throw new ChannelError('refused', 'There is nothing to send', { retry: false });
  const long = buttons.find(({ value }) => Buffer.byteLength(value) > telegramLimits.buttonValueBytes);
  if (long) {
    const most = telegramLimits.buttonValueBytes;
    throw new ChannelError('refused', `The value of the button “${long.label}” is longer than ${most} bytes`, {
      retry: false,
    });
  }
}

type Sent = { message_id: number };

/** Telegram's servers fetch what a link leads to for a preview, before anybody pressed it; an agent must not be able to make them. */
const noPreview = { link_preview_options: { is_disabled: true } };

async function sendText(api: Api, { chatId, text, buttons }: OutboundMessage): Promise<Sent> {
  const keyboard = keyboardOf(buttons);
  return await formatted(text, telegramLimits.text, (shown, mode) =>
    api.sendMessage(chatId, shown, { ...mode, ...keyboard, ...noPreview }),
  );
}

/** With its text as caption where that has room for it; otherwise the text comes after the file, as a message that answers it. */
async function sendFile(
  api: Api,
  message: OutboundMessage,
  file: NonNullable<OutboundMessage['attachment']>,
): Promise<Sent> {
  const { chatId, text, buttons } = message;
  const fits = text.length <= telegramLimits.caption;
  const keyboard = fits ? keyboardOf(buttons) : {};
  const sent = await formatted(fits ? text : '', telegramLimits.caption, async (caption, mode) => {
    const with_ = { ...mode, ...keyboard, ...(caption === '' ? {} : { caption }) };
    const asDocument = (): Promise<Sent> =>
      api.sendDocument(chatId, inputFile(file), { ...with_, disable_content_type_detection: true });
    if (!/^image\/(jpeg|png)$/.test(file.mediaType) || file.content.byteLength > telegramLimits.photoBytes)
      return await asDocument();
    try {
      return await api.sendPhoto(chatId, inputFile(file), with_);
    } catch (error) {
      // Too wide, too long, or no picture: as a file it can be sent all the same.
      if (saysBadRequest(error, /photo|image/i)) return await asDocument();
      throw error;
    }
  });
  if (!fits) {
    await formatted(text, telegramLimits.text, (shown, mode) =>
      api.sendMessage(chatId, shown, {
        ...mode,
        ...keyboardOf(buttons),
        ...noPreview,
        reply_parameters: { message_id: sent.message_id },
      }),
    );
  }
  return sent;
}

async function editText(api: Api, chatId: string, messageId: number, text: string): Promise<void> {
  try {
    await formatted(text, telegramLimits.text, (shown, mode) =>
      api.editMessageText(chatId, messageId, shown, { ...mode, ...noPreview }),
    );
  } catch (error) {
    if (!saysBadRequest(error, /message is not modified/i)) throw error;
  }
}

/** As HTML; as it was written where Telegram cannot read that, or where a table made it too long. */
async function formatted<T>(
  markdown: string,
  limit: number,
  call: (text: string, mode: { parse_mode?: 'HTML' }) => Promise<T>,
): Promise<T> {
  const { html, length } = renderHtml(markdown);
  if (length > limit || (length === 0 && markdown !== '')) return await call(markdown, {});
  try {
    return await call(html, { parse_mode: 'HTML' });
  } catch (error) {
    if (saysBadRequest(error, /can't parse entities|message text is empty/i)) return await call(markdown, {});
    throw error;
  }
}

function keyboardOf(buttons: OutboundMessage['buttons']): {
  reply_markup?: { inline_keyboard: { text: string; callback_data: string }[][] };
} {
  if (buttons.length === 0) return {};
  return {
    reply_markup: { inline_keyboard: buttons.map(({ label, value }) => [{ text: label, callback_data: value }]) },
  };
}

/** The name goes into a header of the request as it is. */
function inputFile({ name, content }: NonNullable<OutboundMessage['attachment']>): InputFile {
  return new InputFile(content, name.replace(/[\p{Cc};"\\/]/gu, '_').trim() || 'file');
}

async function fetchFile(url: string, maxBytes: number): Promise<Uint8Array> {
  let response: Response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(timeoutSeconds * 1000) });
    if (response.ok) {
      for await (const chunk of response.body ?? []) {
        bytes += chunk.byteLength;
        // Leaving the loop cancels the download.
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    }
    await response.body?.cancel();
  } catch (error) {
    throw toChannelError(error);
  }
  if (response.status === 404) throw new ChannelError('refused', 'Telegram has the file no more', { retry: false });
  throw ofAnswer(response.status, response.statusText);
}

const tooLarge = (maxBytes: number): ChannelError =>
  new ChannelError('too_large', `The file is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`, { retry: false });
