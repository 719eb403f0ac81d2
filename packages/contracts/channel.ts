import { z } from 'zod';

/** The IM platforms. A new one is a folder in `packages/channels` that passes the conformance suite, and a name here. */
export const channelName = z.enum(['telegram']);
export type ChannelName = z.infer<typeof channelName>;

/** By which way a message came in, or a turn began. */
export const origin = z.enum(['portal', ...channelName.options, 'api', 'twin', 'schedule', 'heartbeat']);
export type Origin = z.infer<typeof origin>;

/**
 * One IM platform. Knows its protocol and nothing else: no database, no people, no agents. Whatever it tells is plain data.
 */
export interface ChannelDriver {
  readonly name: ChannelName;
  readonly features: ChannelFeatures;
  /** What an admin fills in to connect an account, beside the secret. Validates and gives defaults. */
  readonly settings: z.ZodType<ChannelSettings>;
  /** Name of the secret in the form: `Bot token`. */
  readonly secretLabel: string;
  /**
   * Checks a webhook request and reads it; called before anything is stored, so it is synchronous and quick. Null: it does not come from the
   * platform (wrong secret) and is refused. An empty list: genuine, and nothing for us. Never throws for what a stranger can send.
   */
  receive(
    request: ChannelWebhookRequest,
    account: Pick<ChannelAccountSecrets, 'webhookSecret'> & {
      /** As `describe` tells it; without it nothing said in a group is for us. */
      accountName?: string;
    },
  ): InboundMessage[] | null;
  /**
   * What a webhook request that was stored is answered with, as JSON, where the platform wants to hear something: that a press on a button has
   * arrived, for instance. Called after `receive` has taken it.
   */
  webhookAnswer?(body: unknown): object | null;
  /** Talks to the platform. Makes no call until it is asked something. */
  connect(account: ChannelAccountSecrets): ChannelConnection;
}

export interface ChannelFeatures {
  /** Characters one message may have; the unit is UTF-16 code units, as in JavaScript. */
  maxTextLength: number;
  /** Can a sent message's text be replaced? Then a streaming answer is shown as it grows. */
  edits: boolean;
  /** Milliseconds between two edits of one message that the platform allows for long. */
  editIntervalMs: number;
  typing: boolean;
  /** Milliseconds after which a typing indicator has to be repeated. */
  typingLastsMs: number;
  /** Does the platform drop a second delivery with the same idempotency key? */
  idempotentDelivery: boolean;
  /** Buttons below a message. */
  buttons: boolean;
  attachments: { inboundMaxBytes: number; outboundMaxBytes: number };
  webhook: boolean;
  polling: boolean;
}

/** Address of the platform's API, for a proxy or a private server. */
export interface ChannelSettings {
  apiRoot: string;
}

export interface ChannelAccountSecrets {
  settings: ChannelSettings;
  /** The bot's token. */
  secret: string;
  /** What the platform sends with each webhook request, so that nobody else can. */
  webhookSecret: string;
}

export interface ChannelWebhookRequest {
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON body. */
  body: unknown;
}

/** A message of a platform, as plain data: it is stored as it is. */
export interface InboundMessage {
  /** The platform's own id of the message or update: the same id is the same message. */
  platformMessageId: string;
  /** Rises with every message of one chat, where the platform numbers them; the order in which they are taken. */
  sequence: number;
  /** Where an answer goes. */
  chatId: string;
  /** `direct`: one person and the bot. */
  chatType: 'direct' | 'group';
  sender: { platformUserId: string; displayName: string };
  text: string;
  attachments: InboundAttachment[];
  /** A press on a button of ours: its `value`. `text` is empty then. */
  buttonValue: string | null;
  /** What is to be paired with this message: the token of `/start TOKEN`, or of the platform's equivalent. */
  pairingToken: string | null;
  /** What it answers, where it is an answer: `from` is null for a message of the bot itself. `text` is not what the sender says. */
  quote?: { from: string | null; text: string };
  /** The text is not the sender's own: who or what it was forwarded from. */
  forwardedFrom?: string;
  /** Messages of one chat and one group are one message to people: pictures that were sent together. */
  groupId?: string;
  /** ISO date and time the platform gives it. */
  sentAt: string;
}

/** Of a quoted message so many characters are passed on. */
export const maxQuoteLength = 2_000;

export interface InboundAttachment {
  /** The platform's id, for `download`. */
  fileId: string;
  name: string;
  mediaType: string;
  /** Null where the platform does not say. */
  bytes: number | null;
}

/** All of these reject with ChannelError. */
export interface ChannelConnection {
  /** Who the account is; fails with a wrong secret. Used to check an account when it is added. */
  describe(): Promise<ChannelAccountDescription>;
  /** Sends one message within the platform's limits (see `splitText` of the package for text). */
  send(message: OutboundMessage): Promise<{ platformMessageId: string }>;
  /** Replaces the text of a message that was sent. The same text again is no error. */
  edit(chatId: string, platformMessageId: string, text: string): Promise<void>;
  typing(chatId: string): Promise<void>;
  /** At most `maxBytes`; more is an error without `retry`. */
  download(fileId: string, maxBytes: number): Promise<Uint8Array>;
  /** Asks the platform to call `url` with the account's webhook secret from now on; null: to call nobody. */
  setWebhook(url: string | null): Promise<void>;
  /**
   * Fetches messages until the signal is aborted. `accept` stores them; they are confirmed to the platform only after it has resolved.
   * Goes on by itself after network errors, which it tells `onTrouble`; ends with a ChannelError without `retry`, such as a revoked token.
   */
  poll(
    accept: (messages: InboundMessage[]) => Promise<void>,
    onTrouble: (error: ChannelError) => void,
    signal: AbortSignal,
  ): Promise<void>;
}

export interface ChannelAccountDescription {
  /** The bot's name as people find it: `acme_agent_bot`. */
  accountName: string;
  /** Opens a chat with the bot that sends the pairing token; `{token}` is to be replaced. Null where the platform has no such links. */
  pairingLink: string | null;
}

export interface OutboundMessage {
  chatId: string;
  /** Markdown as agents write it, already split to the limit; the driver turns it into what the platform shows. */
  text: string;
  attachment: { name: string; mediaType: string; content: Uint8Array } | null;
  buttons: readonly { label: string; value: string }[];
  /** The same for every attempt to deliver this message. */
  idempotencyKey: string;
}

/** Why a platform did not do what it was asked. */
export class ChannelError extends Error {
  /** Whether the same call may work later. */
  readonly retry: boolean;
  /** How long the platform asks to wait; null: it says nothing. */
  readonly retryAfterMs: number | null;
  /** `blocked`: the person does not want messages of the bot any more, or the chat is gone. `secret`: the token is refused. */
  readonly kind: 'network' | 'limited' | 'blocked' | 'secret' | 'refused' | 'too_large';

  constructor(
    kind: ChannelError['kind'],
    message: string,
    { retry, retryAfterMs = null }: { retry: boolean; retryAfterMs?: number | null },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ChannelError';
    this.kind = kind;
    this.retry = retry;
    this.retryAfterMs = retryAfterMs;
  }
}

// --- as the API tells it ---------------------------------------------------------------------------------------------

/** An account of a platform that an organization has connected: a bot. Its secret goes in and never out. */
export const channelAccount = z.object({
  id: z.string(),
  channel: channelName,
  name: z.string().describe('what the organization calls it'),
  accountName: z.string().describe('the bot’s name on the platform'),
  mode: z.enum(['webhook', 'polling']),
  enabled: z.boolean(),
  /** What it is doing now. */
  health: z.enum(['receiving', 'trouble', 'off']),
  trouble: z.string().nullable().describe('what the platform said last, when something is wrong'),
  webhookUrl: z.string().nullable().describe('what the platform calls; null unless the mode is webhook'),
  lastReceivedAt: z.iso.datetime().nullable(),
  bindings: z.number().int().describe('people who have paired'),
  receivedLastDay: z.number().int(),
  createdAt: z.iso.datetime(),
});
export type ChannelAccount = z.infer<typeof channelAccount>;

/** A person's account on a platform, paired with their place in the organization. */
export const channelBinding = z.object({
  accountId: z.string(),
  channel: channelName,
  accountName: z.string(),
  platformUserId: z.string(),
  displayName: z.string(),
  employee: z.object({ id: z.string(), name: z.string() }),
  preferred: z.boolean().describe('where schedules and notifications go'),
  pairedAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime().nullable(),
});
export type ChannelBinding = z.infer<typeof channelBinding>;

/** How long a pairing token can be used, in minutes; the reference product's figure. */
export const pairingMinutes = 15;

export const pairing = z.object({
  token: z.string().describe('12 characters; works once'),
  command: z.string().describe('what to send to the bot: `/start TOKEN`'),
  link: z.string().nullable().describe('opens the chat with the bot and sends it'),
  expiresAt: z.iso.datetime(),
});
export type Pairing = z.infer<typeof pairing>;
