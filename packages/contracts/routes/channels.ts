import { z } from 'zod';
import { channelAccount, channelBinding, channelName, pairing } from '../channel.ts';
import { deadLetter, deliveryFigures } from '../delivery.ts';
import { route } from './route.ts';

const admins = ['admin'] as const;
const watchers = ['operator', 'admin', 'auditor'] as const;
const keepers = ['operator', 'admin'] as const;
const account = z.object({ accountId: z.string().max(64) });

export const channelRoutes = {
  listChannelAccounts: route({
    method: 'GET',
    path: '/channel-accounts',
    tag: 'Channels',
    summary: 'The organization’s accounts on IM platforms',
    access: watchers,
    response: z.object({ accounts: z.array(channelAccount) }),
  }),
  addChannelAccount: route({
    method: 'POST',
    path: '/channel-accounts',
    tag: 'Channels',
    summary: 'Connect a bot. Its secret is checked with the platform, stored sealed, and never told again',
    access: admins,
    status: 201,
    body: z.object({
      channel: channelName,
      name: z.string().trim().min(1).max(80),
      secret: z.string().trim().min(8).max(500),
      mode: z.enum(['webhook', 'polling']).describe('webhook needs the public address of this Clawpool'),
      apiRoot: z
        .url({ protocol: /^https?$/ })
        .optional()
        .describe('a private server of the platform’s API'),
    }),
    response: channelAccount,
  }),
  changeChannelAccount: route({
    method: 'PATCH',
    path: '/channel-accounts/:accountId',
    tag: 'Channels',
    summary: 'Rename, switch on or off, change the mode, or replace the secret of a bot',
    access: admins,
    params: account,
    body: z.object({
      name: z.string().trim().min(1).max(80).optional(),
      enabled: z.boolean().optional(),
      mode: z.enum(['webhook', 'polling']).optional(),
      secret: z.string().trim().min(8).max(500).optional(),
    }),
    response: channelAccount,
  }),
  testChannelAccount: route({
    method: 'POST',
    path: '/channel-accounts/:accountId/test',
    tag: 'Channels',
    summary: 'Ask the platform who the bot is, now',
    access: keepers,
    params: account,
    response: z.object({ ok: z.boolean(), accountName: z.string().nullable(), message: z.string() }),
  }),
  removeChannelAccount: route({
    method: 'DELETE',
    path: '/channel-accounts/:accountId',
    tag: 'Channels',
    summary: 'Disconnect a bot with all its pairings; conversations stay',
    access: admins,
    params: account,
    status: 204,
  }),
  listChannelBindings: route({
    method: 'GET',
    path: '/channel-accounts/:accountId/bindings',
    tag: 'Channels',
    summary: 'Who has paired with a bot',
    access: watchers,
    params: account,
    response: z.object({ bindings: z.array(channelBinding) }),
  }),
  removeChannelBinding: route({
    method: 'DELETE',
    path: '/channel-accounts/:accountId/bindings/:platformUserId',
    tag: 'Channels',
    summary: 'Disconnect one person from a bot; they are told',
    access: admins,
    params: account.extend({ platformUserId: z.string().max(128) }),
    status: 204,
  }),

  myChannels: route({
    method: 'GET',
    path: '/my/channels',
    tag: 'Channels',
    summary: 'The channels I can use, and those I have paired',
    access: 'signed-in',
    response: z.object({
      accounts: z.array(channelAccount.pick({ id: true, channel: true, name: true, accountName: true })),
      bindings: z.array(channelBinding),
    }),
  }),
  startPairing: route({
    method: 'POST',
    path: '/my/channels/:accountId/pairing',
    tag: 'Channels',
    summary: 'A token that pairs my account on a platform, once, within 15 minutes. An earlier one of mine ends',
    access: 'signed-in',
    params: account,
    status: 201,
    response: pairing,
  }),
  cancelPairing: route({
    method: 'DELETE',
    path: '/my/channels/:accountId/pairing',
    tag: 'Channels',
    summary: 'End my open pairing token',
    access: 'signed-in',
    params: account,
    status: 204,
  }),
  changeMyChannel: route({
    method: 'PATCH',
    path: '/my/channels/:accountId',
    tag: 'Channels',
    summary: 'Make it where schedules and notifications go, or not',
    access: 'signed-in',
    params: account,
    body: z.object({ preferred: z.boolean() }),
    response: channelBinding,
  }),
  unpairMyChannel: route({
    method: 'DELETE',
    path: '/my/channels/:accountId',
    tag: 'Channels',
    summary: 'Disconnect my account on a platform',
    access: 'signed-in',
    params: account,
    status: 204,
  }),

  deliveryFigures: route({
    method: 'GET',
    path: '/deliveries/figures',
    tag: 'Channels',
    summary: 'What waits and what moves, now',
    access: watchers,
    response: deliveryFigures,
  }),
  listDeadLetters: route({
    method: 'GET',
    path: '/deliveries/dead',
    tag: 'Channels',
    summary: 'What could not be delivered, the latest first',
    access: watchers,
    query: z.object({
      direction: deadLetter.shape.direction.optional(),
      limit: z.coerce.number().int().min(1).max(200).default(50),
      offset: z.coerce.number().int().min(0).max(100_000).default(0),
    }),
    response: z.object({ letters: z.array(deadLetter), total: z.number().int() }),
  }),
  replayDeadLetters: route({
    method: 'POST',
    path: '/deliveries/dead/replay',
    tag: 'Channels',
    summary: 'Try these again from the beginning',
    access: keepers,
    body: z.object({ ids: z.array(z.string().max(64)).min(1).max(200) }),
    response: z.object({ replayed: z.number().int() }),
  }),
  discardDeadLetters: route({
    method: 'POST',
    path: '/deliveries/dead/discard',
    tag: 'Channels',
    summary: 'Give these up for good',
    access: keepers,
    body: z.object({ ids: z.array(z.string().max(64)).min(1).max(200) }),
    response: z.object({ discarded: z.number().int() }),
  }),
};
