import type { ChannelDriver } from '@clawpool/contracts';
import { z } from 'zod';
import { connectTelegram, telegramLimits } from './connection.ts';
import { answerToPress, isGenuine, readUpdate } from './receive.ts';

/** Telegram's Bot API: https://core.telegram.org/bots/api */
export const telegram: ChannelDriver = {
  name: 'telegram',
  features: {
    maxTextLength: telegramLimits.text,
    edits: true,
    // About one message per second and chat is allowed: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    editIntervalMs: 1_500,
    typing: true,
    // The indicator is shown for five seconds: https://core.telegram.org/bots/api#sendchataction
    typingLastsMs: 4_500,
    idempotentDelivery: false,
    buttons: true,
    attachments: { inboundMaxBytes: telegramLimits.inboundBytes, outboundMaxBytes: telegramLimits.outboundBytes },
    webhook: true,
    polling: true,
  },
  settings: z.object({ apiRoot: z.url({ protocol: /^https?$/ }).default('https://api.telegram.org') }),
  secretLabel: 'Bot token',
  receive: (request, { webhookSecret, accountName }) =>
    isGenuine(request, webhookSecret) ? readUpdate(request.body, accountName) : null,
  webhookAnswer: (body) => answerToPress(body),
  connect: connectTelegram,
};
