import { createHash } from 'node:crypto';
import {
  type ChannelAccountSecrets,
  type ChannelConnection,
  type ChannelDriver,
  ChannelError,
  type ChannelFeatures,
  type InboundMessage,
  type OutboundMessage,
} from '@clawpool/contracts';
import { z } from 'zod';

/** A message as the platform shows it. */
export interface ShownMessage {
  id: string;
  chatId: string;
  text: string;
  buttons: OutboundMessage['buttons'];
  attachment: string | null;
}

/**
 * A platform in memory: what was sent is shown once per idempotency key, and what the test puts into `waiting` is polled. A webhook
 * request's body is a list of messages, its secret the header `x-secret`. The token `refused` is nobody's.
 */
export interface ScriptedChannel {
  driver: ChannelDriver;
  /** In the order in which they were sent. */
  shown: ShownMessage[];
  /** Every call that reached the platform, as `send`, `edit`, `typing`, `setWebhook <url>`. */
  calls: string[];
  /** Content of files by their id. */
  files: Map<string, Uint8Array>;
  waiting: InboundMessage[];
  /** Called before every call does anything: a test throws, or waits, there. */
  before: (
    hook: (call: 'send' | 'edit' | 'download' | 'describe' | 'poll' | 'setWebhook') => void | Promise<void>,
  ) => void;
  /** Called after a message was sent and before its sender learns of it. */
  afterSend: (hook: () => void | Promise<void>) => void;
}

const scriptedFeatures: ChannelFeatures = {
  maxTextLength: 200,
  edits: true,
  editIntervalMs: 20,
  typing: true,
  typingLastsMs: 5_000,
  idempotentDelivery: true,
  buttons: true,
  attachments: { inboundMaxBytes: 1_000, outboundMaxBytes: 1_000 },
  webhook: true,
  polling: true,
};

export function createScriptedChannel(features: Partial<ChannelFeatures> = {}): ScriptedChannel {
  type Call = 'send' | 'edit' | 'download' | 'describe' | 'poll' | 'setWebhook';
  let before: (call: Call) => void | Promise<void> = () => {};
  let afterSend: () => void | Promise<void> = () => {};
  const byKey = new Map<string, ShownMessage>();
  const { shown, calls, files, waiting }: Pick<ScriptedChannel, 'shown' | 'calls' | 'files' | 'waiting'> = {
    ...{ shown: [], calls: [], waiting: [] },
    files: new Map(),
  };

  function connect({ secret }: ChannelAccountSecrets): ChannelConnection {
    const reach = async (call: Call, line: string = call) => {
      await before(call);
      if (secret === 'refused') throw new ChannelError('secret', 'Unauthorized', { retry: false });
      calls.push(line);
    };
    return {
      describe: async () => {
        await reach('describe');
        // As many bots as there are tokens.
        const name = `bot_${createHash('sha256').update(secret).digest('hex').slice(0, 8)}`;
        return { accountName: name, pairingLink: `https://channel.example/${name}?start={token}` };
      },
      send: async ({ chatId, text, buttons, attachment, idempotencyKey }) => {
        await reach('send');
        const known = byKey.get(idempotencyKey);
        const message = known ?? {
          ...{ id: `m${byKey.size + 1}`, chatId, text, buttons },
          attachment: attachment ? Buffer.from(attachment.content).toString() : null,
        };
        if (!known) {
          byKey.set(idempotencyKey, message);
          shown.push(message);
        }
        await afterSend();
        return { platformMessageId: message.id };
      },
      edit: async (_chatId, id, text) => {
        await reach('edit');
        const message = shown.find((one) => one.id === id);
        if (!message) throw new ChannelError('refused', 'message to edit not found', { retry: false });
        message.text = text;
      },
      typing: async () => void calls.push('typing'),
      download: async (fileId, maxBytes) => {
        await reach('download');
        const content = files.get(fileId);
        if (!content) throw new ChannelError('refused', 'no such file', { retry: false });
        if (content.length > maxBytes) throw new ChannelError('too_large', 'file is too big', { retry: false });
        return content;
      },
      setWebhook: (url) => reach('setWebhook', `setWebhook ${url}`),
      poll: async (accept, onTrouble, signal) => {
        while (!signal.aborted) {
          try {
            await reach('poll');
            const messages = waiting.slice();
            if (messages.length > 0) await accept(messages);
            waiting.splice(0, messages.length);
          } catch (error) {
            if (!(error instanceof ChannelError) || !error.retry) throw error;
            onTrouble(error);
          }
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      },
    };
  }

  return {
    ...{ shown, calls, files, waiting },
    before: (hook) => {
      before = hook;
    },
    afterSend: (hook) => {
      afterSend = hook;
    },
    driver: {
      name: 'telegram',
      features: { ...scriptedFeatures, ...features },
      settings: z.object({ apiRoot: z.url().default('https://channel.example') }),
      secretLabel: 'Token',
      receive: ({ headers, body }, { webhookSecret }) =>
        headers['x-secret'] === webhookSecret ? (Array.isArray(body) ? (body as InboundMessage[]) : []) : null,
      connect,
    },
  };
}

/** A direct message of somebody, with what a test does not care about filled in. */
export function inboundMessage(message: Partial<InboundMessage> & { text: string }, from = 'ann'): InboundMessage {
  const sequence = message.sequence ?? 1;
  return {
    platformMessageId: `${from}-${sequence}`,
    sequence,
    chatId: `chat-${from}`,
    chatType: 'direct',
    sender: { platformUserId: `tg-${from}`, displayName: `${from} on the platform` },
    attachments: [],
    buttonValue: null,
    pairingToken: null,
    sentAt: '2026-01-01T00:00:00.000Z',
    ...message,
  };
}
