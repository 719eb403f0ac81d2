import { channelName } from '@clawpool/contracts';
import { z } from 'zod';
import type { OpenAccounts } from '../conversations/channels/open-accounts.ts';
import type { Inbox } from '../conversations/delivery/inbox.ts';
import type { HttpApp } from './app.ts';
import { notFound } from './errors.ts';

/** Accounts' ids are UUIDs: anything else is not looked up. */
const address = z.object({ channel: channelName, accountId: z.uuid() });

/**
 * Where platforms bring messages: `POST /channels/<channel>/<account>`. The platform's secret is checked before anything else; who does not
 * have it cannot tell a wrong secret from an account that does not exist. Answered when the messages are stored for good; every other
 * answer makes the platform bring them again.
 */
export function registerChannelWebhooks(
  { fastify }: HttpApp,
  { accounts, inbox }: { accounts: Pick<OpenAccounts, 'find'>; inbox: Inbox },
): void {
  fastify.post('/channels/:channel/:accountId', async (request, reply) => {
    const named = address.safeParse(request.params);
    const account = named.success ? await accounts.find(named.data.accountId) : null;
    if (!account?.enabled || account.channel !== named.data?.channel) throw notFound('such address');
    const messages = account.driver.receive({ headers: request.headers, body: request.body }, account);
    if (messages === null) throw notFound('such address');
    await inbox.accept({ organizationId: account.organizationId, accountId: account.id }, messages);
    return reply.code(200).send(account.driver.webhookAnswer?.(request.body) ?? { ok: true });
  });
}
