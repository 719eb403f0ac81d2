import type { ChannelAccountSecrets } from '@clawpool/contracts';

/**
 * A platform's servers on this machine, written from the platform's documentation, as the conformance suite and whole-installation tests
 * drive them: what people do there, and what they see.
 */
export interface ChannelFake {
  /** A bot that exists there. Give it to `connect`, or type its parts into a form. */
  readonly account: ChannelAccountSecrets;
  /** The bot's name as `describe` tells it. */
  readonly accountName: string;
  /** Somebody writes to the bot. It is delivered by webhook or by polling, as the bot asked for, until it is confirmed. */
  sendFromUser(message: UserMessage): void;
  /** Somebody presses a button below the newest message that has one with this value. */
  pressButton(press: { userId: number; name?: string; chatId?: number; value: string }): void;
  /** What the bot has sent to a chat, as it is seen there now: edits applied, marks gone. The oldest first. */
  messages(chatId: number): SeenMessage[];
  /** How often the bot has shown in a chat that it is typing. */
  typingSeen(chatId: number): number;
  /** How often the platform's methods were called: one, or all of them. */
  calls(method?: string): number;
  /** The next calls that send, edit or fetch are refused because there were too many. */
  limitNext(retryAfterSeconds: number, times?: number): void;
  /** The next calls fail: with an error of the platform's own, or a connection that breaks off. */
  failNext(how: 'error' | 'disconnect', times?: number): void;
  /** The person does not want messages of the bot any more. */
  block(chatId: number): void;
  /** The bot's secret is valid no more. */
  revoke(): void;
  /** How many messages have not been confirmed by the bot yet. */
  unconfirmed(): number;
  /** The next messages are delivered so many times each by webhook. */
  deliverTimes(times: number): void;
  /** From now on nothing is delivered by webhook. */
  hold(): void;
  /** What was held is delivered, all at once, and then everything as usual. */
  release(order: 'in order' | 'reversed'): void;
  close(): Promise<void>;
}

export interface UserMessage {
  userId: number;
  name?: string;
  text?: string;
  /** Default: the direct chat with the bot. Groups have negative ids. */
  chatId?: number;
  /** It answers a message of the bot. */
  repliesToBot?: boolean;
  attachment?: UserAttachment;
}

export interface UserAttachment {
  kind: 'photo' | 'document' | 'voice' | 'audio' | 'video';
  name?: string;
  mediaType?: string;
  content: Uint8Array;
  /** What the platform says the size is; `unknown`: nothing. Default: the truth. */
  bytes?: number | 'unknown';
}

export interface SeenMessage {
  id: string;
  text: string;
  /** What is shown as code, with its language. */
  code: { language: string; text: string }[];
  edits: number;
  buttons: { label: string; value: string }[];
  attachment: { name: string; content: Uint8Array; shownAs: 'picture' | 'file' } | null;
}
