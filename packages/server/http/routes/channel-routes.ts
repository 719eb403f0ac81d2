import { channelRoutes } from '@clawpool/contracts';
import type { BindingService } from '../../conversations/channels/binding-service.ts';
import type { ChannelAccountService } from '../../conversations/channels/channel-account-service.ts';
import type { DeadLetters } from '../../conversations/delivery/dead-letters.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface ChannelRoutesOptions {
  accounts: ChannelAccountService;
  bindings: BindingService;
  deadLetters: DeadLetters;
}

export function registerChannelRoutes(app: HttpApp, { accounts, bindings, deadLetters }: ChannelRoutesOptions): void {
  registerRoutes(app, channelRoutes, {
    listChannelAccounts: async ({ principal }) => ({ accounts: await accounts.list(principal) }),
    addChannelAccount: ({ principal, body }) => accounts.add(principal, body),
    changeChannelAccount: ({ principal, params, body }) => accounts.change(principal, params.accountId, body),
    testChannelAccount: ({ principal, params }) => accounts.test(principal, params.accountId),
    removeChannelAccount: ({ principal, params }) => accounts.remove(principal, params.accountId),
    listChannelBindings: async ({ principal, params }) => ({
      bindings: await bindings.list(principal, params.accountId),
    }),
    removeChannelBinding: ({ principal, params }) =>
      bindings.remove(principal, params.accountId, params.platformUserId),

    myChannels: ({ principal }) => bindings.mine(principal),
    startPairing: ({ principal, params }) => bindings.startPairing(principal, params.accountId),
    cancelPairing: ({ principal, params }) => bindings.cancelPairing(principal, params.accountId),
    changeMyChannel: ({ principal, params, body }) => bindings.changeMine(principal, params.accountId, body),
    unpairMyChannel: ({ principal, params }) => bindings.removeMine(principal, params.accountId),

    deliveryFigures: ({ principal }) => deadLetters.figures(principal),
    listDeadLetters: ({ principal, query }) => deadLetters.list(principal, query),
    replayDeadLetters: async ({ principal, body }) => ({ replayed: await deadLetters.replay(principal, body.ids) }),
    discardDeadLetters: async ({ principal, body }) => ({
      discarded: await deadLetters.discard(principal, body.ids),
    }),
  });
}
