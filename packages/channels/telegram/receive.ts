/** Telegram's updates as plain messages. Source: https://core.telegram.org/bots/api#update */
import { timingSafeEqual } from 'node:crypto';
import type { ChannelWebhookRequest, InboundAttachment, InboundMessage } from '@clawpool/contracts';
import { z } from 'zod';

/** The updates asked for; `edited_message` is not among them: what was said has been said. */
export const allowedUpdates = ['message', 'callback_query'] as const;

/** The request has the secret that was given with `setWebhook`. Takes the same time whatever is in it. */
export function isGenuine({ headers }: ChannelWebhookRequest, secret: string): boolean {
  const given = headers['x-telegram-bot-api-secret-token'];
  if (typeof given !== 'string' || secret === '') return false;
  const [one, other] = [Buffer.from(given), Buffer.from(secret)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * What an update says to the bot: one message, or none. `botName` is the bot's user name: in a group only what mentions it or answers it is
 * for us, and without it nothing is.
 */
export function readUpdate(update: unknown, botName: string | undefined): InboundMessage[] {
  const parsed = updateSchema.safeParse(update);
  if (!parsed.success) return [];
  const { update_id, message, callback_query } = parsed.data;
  if (callback_query) return readPress(update_id, callback_query);
  return message ? readMessage(update_id, message, botName) : [];
}

/**
 * A pressed button shows that it waits until the press is answered; the answer to the webhook request may be that call:
 * https://core.telegram.org/bots/api#making-requests-when-getting-updates
 */
export function answerToPress(update: unknown): object | null {
  const parsed = z.object({ callback_query: z.object({ id: z.string() }) }).safeParse(update);
  return parsed.success ? { method: 'answerCallbackQuery', callback_query_id: parsed.data.callback_query.id } : null;
}

type Message = z.infer<typeof messageSchema>;

function readMessage(updateId: number, message: Message, botName: string | undefined): InboundMessage[] {
  const { chat, from } = message;
  if (!from || from.is_bot || chat.type === 'channel') return [];
  const group = chat.type !== 'private';
  if (group && !isForBot(message, botName)) return [];
  const text = withoutBotName(textOf(message), group ? botName : undefined);
  const attachments = attachmentsOf(message);
  if (text === '' && attachments.length === 0) return [];
  return [
    {
      platformMessageId: String(updateId),
      sequence: updateId,
      chatId: String(chat.id),
      chatType: group ? 'group' : 'direct',
      sender: { platformUserId: String(from.id), displayName: nameOf(from) },
      text,
      attachments,
      buttonValue: null,
      // The shape a deep link's parameter may have: https://core.telegram.org/bots/features#deep-linking
      pairingToken: /^\/start(?:@\w+)?\s+([A-Za-z0-9_-]{10,64})\s*$/.exec(text)?.[1] ?? null,
      sentAt: dateOf(message.date),
    },
  ];
}

/** A press says nothing of when it was; a message too old for Telegram to show (`date` 0) has no chat to answer in. */
function readPress(updateId: number, { from, message, data }: z.infer<typeof pressSchema>): InboundMessage[] {
  if (!message || data === undefined || from.is_bot) return [];
  return [
    {
      platformMessageId: String(updateId),
      sequence: updateId,
      chatId: String(message.chat.id),
      chatType: message.chat.type === 'private' ? 'direct' : 'group',
      sender: { platformUserId: String(from.id), displayName: nameOf(from) },
      text: '',
      attachments: [],
      buttonValue: data,
      pairingToken: null,
      sentAt: new Date().toISOString(),
    },
  ];
}

function isForBot(message: Message, botName: string | undefined): boolean {
  if (botName === undefined) return false;
  const name = botName.toLowerCase();
  if (message.reply_to_message?.from?.username?.toLowerCase() === name) return true;
  const said = message.text ?? message.caption ?? '';
  return [...(message.entities ?? []), ...(message.caption_entities ?? [])].some(({ type, offset, length }) => {
    const words = said.slice(offset, offset + length).toLowerCase();
    return (type === 'mention' && words === `@${name}`) || (type === 'bot_command' && words.endsWith(`@${name}`));
  });
}

/** `@bot what is new?` asks `what is new?`; `/start@bot` is `/start`. */
function withoutBotName(text: string, botName: string | undefined): string {
  if (botName === undefined || !/^\w+$/.test(botName)) return text;
  return text
    .replace(new RegExp(`^(/\\w+)?@${botName}\\b[,:]?\\s*`, 'i'), (_, command?: string) =>
      command ? `${command} ` : '',
    )
    .trim();
}

function textOf(message: Message): string {
  const { text, caption, sticker, contact, venue, location } = message;
  if (text !== undefined || caption !== undefined) return (text ?? caption ?? '').trim();
  if (sticker) return sticker.emoji ?? '';
  if (contact) return [contact.first_name, contact.last_name, contact.phone_number].filter(Boolean).join(' ');
  const place = venue?.location ?? location;
  const called = venue ? `${venue.title}, ${venue.address} ` : '';
  return place ? `${called}(${place.latitude}, ${place.longitude})` : '';
}

function attachmentsOf(message: Message): InboundAttachment[] {
  const { photo, document, voice, audio, video, video_note, animation } = message;
  // Sizes of one picture, in no promised order.
  const largest = photo?.toSorted((one, other) => other.width * other.height - one.width * one.height)[0];
  const found: InboundAttachment[] = [];
  const add = (file: z.infer<typeof fileSchema> | undefined, kind: string, mediaType: string, ending: string): void => {
    if (!file) return;
    found.push({
      fileId: file.file_id,
      name: file.file_name ?? `${kind}-${message.message_id}.${ending}`,
      mediaType: file.mime_type ?? mediaType,
      bytes: file.file_size ?? null,
    });
  };
  add(largest, 'photo', 'image/jpeg', 'jpg');
  add(voice, 'voice', 'audio/ogg', 'ogg');
  add(audio, 'audio', 'audio/mpeg', 'mp3');
  add(video ?? video_note, 'video', 'video/mp4', 'mp4');
  // An animation is told a second time, as a document, for older bots.
  add(animation ?? document, 'file', 'application/octet-stream', 'bin');
  return found;
}

const nameOf = ({ first_name, last_name, username }: z.infer<typeof userSchema>): string =>
  [first_name, last_name].filter(Boolean).join(' ') || username || 'Telegram user';

/** Seconds since 1970; a number that is no date becomes now, never an exception. */
function dateOf(seconds: number): string {
  return new Date(seconds > 0 && seconds < 8e12 ? seconds * 1000 : Date.now()).toISOString();
}

const userSchema = z.object({
  id: z.int(),
  is_bot: z.boolean().optional(),
  first_name: z.string().optional(),
  last_name: z.string().optional(),
  username: z.string().optional(),
});
const chatSchema = z.object({ id: z.int(), type: z.enum(['private', 'group', 'supergroup', 'channel']) });
const fileSchema = z.object({
  file_id: z.string(),
  file_name: z.string().optional(),
  mime_type: z.string().optional(),
  file_size: z.number().optional(),
});
const photoSchema = fileSchema.extend({ width: z.number(), height: z.number() });
const entitiesSchema = z.array(z.object({ type: z.string(), offset: z.number(), length: z.number() })).optional();
const locationSchema = z.object({ latitude: z.number(), longitude: z.number() });
const messageSchema = z.object({
  message_id: z.int(),
  date: z.number(),
  chat: chatSchema,
  from: userSchema.optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
  entities: entitiesSchema,
  caption_entities: entitiesSchema,
  reply_to_message: z.object({ from: userSchema.optional() }).optional(),
  photo: z.array(photoSchema).optional(),
  document: fileSchema.optional(),
  animation: fileSchema.optional(),
  voice: fileSchema.optional(),
  audio: fileSchema.optional(),
  video: fileSchema.optional(),
  video_note: fileSchema.optional(),
  sticker: z.object({ emoji: z.string().optional() }).optional(),
  contact: z.object({ phone_number: z.string(), first_name: z.string(), last_name: z.string().optional() }).optional(),
  location: locationSchema.optional(),
  venue: z.object({ location: locationSchema, title: z.string(), address: z.string() }).optional(),
});
const pressSchema = z.object({
  from: userSchema,
  message: z.object({ chat: chatSchema }).optional(),
  data: z.string().optional(),
});
const updateSchema = z.object({
  update_id: z.int(),
  message: messageSchema.optional(),
  callback_query: pressSchema.extend({ id: z.string() }).optional(),
});
