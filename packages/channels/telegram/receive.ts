/** Telegram's updates as plain messages. Source: https://core.telegram.org/bots/api#update */
import { timingSafeEqual } from 'node:crypto';
import {
  type ChannelWebhookRequest,
  type InboundAttachment,
  type InboundMessage,
  maxQuoteLength,
} from '@clawpool/contracts';
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
type Content = z.infer<typeof contentSchema>;

function readMessage(updateId: number, message: Message, botName: string | undefined): InboundMessage[] {
  const { chat, from } = message;
  if (!from || from.is_bot || chat.type === 'channel') return [];
  const group = chat.type !== 'private';
  if (group && !isForBot(message, botName)) return [];
  const text = withoutBotName(textOf(message), group ? botName : undefined);
  const attachments = attachmentsOf(message);
  if (text === '' && attachments.length === 0) return [];
  const forwardedFrom = message.forward_origin && originOf(message.forward_origin);
  const quote = quoteOf(message, botName);
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
      pairingToken: forwardedFrom === undefined ? pairingTokenOf(text) : null,
      ...(quote === null ? {} : { quote }),
      ...(forwardedFrom === undefined ? {} : { forwardedFrom }),
      ...(message.media_group_id === undefined ? {} : { groupId: message.media_group_id }),
      sentAt: dateOf(message.date),
    },
  ];
}

/** The shape a deep link's parameter may have: https://core.telegram.org/bots/features#deep-linking */
const pairingTokenOf = (text: string): string | null =>
  /^\/start(?:@\w+)?\s+([A-Za-z0-9_-]{10,64})\s*$/.exec(text)?.[1] ?? null;

/** What a reply is about: the part that was marked, else the message's text, else what else is in it. Null: it is no reply. */
function quoteOf(
  { reply_to_message: answered, external_reply: elsewhere, quote: marked }: Message,
  botName: string | undefined,
): NonNullable<InboundMessage['quote']> | null {
  const files = answered ? attachmentsOf(answered).map(({ name }) => `(${name})`) : [];
  const text = (marked?.text ?? [answered && textOf(answered), ...files].filter(Boolean).join(' ')).trim();
  if (text === '') return null;
  const author = answered?.from;
  const isOurs =
    author?.is_bot === true && (botName === undefined || author.username?.toLowerCase() === botName.toLowerCase());
  const from = elsewhere ? originOf(elsewhere.origin) : author ? nameOf(author) : 'somebody';
  return { from: isOurs ? null : from, text: text.slice(0, maxQuoteLength).toWellFormed() };
}

/** Source: https://core.telegram.org/bots/api#messageorigin */
const originOf = ({ sender_user, sender_user_name, sender_chat, chat }: z.infer<typeof originSchema>): string =>
  (sender_user ? nameOf(sender_user) : undefined) ?? sender_user_name ?? (sender_chat ?? chat)?.title ?? 'somebody';

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

function textOf(message: Content): string {
  const { text, caption, sticker, contact, venue, location } = message;
  if (text !== undefined || caption !== undefined) return (text ?? caption ?? '').trim();
  if (sticker) return sticker.emoji ?? '';
  if (contact) return [contact.first_name, contact.last_name, contact.phone_number].filter(Boolean).join(' ');
  const place = venue?.location ?? location;
  const called = venue ? `${venue.title}, ${venue.address} ` : '';
  return place ? `${called}(${place.latitude}, ${place.longitude})` : '';
}

function attachmentsOf(message: Content): InboundAttachment[] {
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
const originSchema = z.object({
  sender_user: userSchema.optional(),
  sender_user_name: z.string().optional(),
  sender_chat: z.object({ title: z.string().optional() }).optional(),
  chat: z.object({ title: z.string().optional() }).optional(),
});
/** What is said in a message, also in one that is answered. */
const contentSchema = z.object({
  message_id: z.int(),
  from: userSchema.optional(),
  text: z.string().optional(),
  caption: z.string().optional(),
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
const messageSchema = contentSchema.extend({
  date: z.number(),
  chat: chatSchema,
  entities: entitiesSchema,
  caption_entities: entitiesSchema,
  media_group_id: z.string().optional(),
  // What a message is about is worth less than the message: it is read where it can be.
  reply_to_message: contentSchema.optional().catch(undefined),
  external_reply: z.object({ origin: originSchema }).optional().catch(undefined),
  quote: z.object({ text: z.string() }).optional().catch(undefined),
  forward_origin: originSchema.optional(),
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
