import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import {
  type ChannelConnection,
  type ChannelDriver,
  ChannelError,
  type InboundMessage,
  type OutboundMessage,
} from '@clawpool/contracts';
import { afterEach, beforeEach, expect } from 'vitest';
import type { ChannelFake } from '../testing/channel-fake.ts';

export type StartChannel = () => Promise<{ driver: ChannelDriver; fake: ChannelFake }>;

export interface ChannelWorld {
  driver: ChannelDriver;
  fake: ChannelFake;
  connection: ChannelConnection;
  /** Webhook requests as they came, with what the driver read from them. */
  requests: WebhookRequest[];
  /** How many of the next webhook requests are answered with an error. */
  refuse: number;
  webhookUrl: string;
  /** Everything that was taken from the platform by webhook so far. */
  received(): InboundMessage[];
  close(): Promise<void>;
}

interface WebhookRequest {
  headers: IncomingHttpHeaders;
  body: unknown;
  messages: InboundMessage[] | null;
  taken: boolean;
}

/** Each test has a platform of its own. */
export function worldPerTest(start: StartChannel): () => ChannelWorld {
  let world: ChannelWorld;
  beforeEach(async () => {
    world = await createWorld(start);
  });
  afterEach(() => world.close());
  return () => world;
}

async function createWorld(start: StartChannel): Promise<ChannelWorld> {
  const { driver, fake } = await start();
  const requests: WebhookRequest[] = [];
  const server = createServer(async (request, response) => {
    const body = await json(request);
    const account = { webhookSecret: fake.account.webhookSecret, accountName: fake.accountName };
    const messages = driver.receive({ headers: request.headers, body }, account);
    const taken = world.refuse === 0;
    if (!taken) world.refuse--;
    requests.push({ headers: request.headers, body, messages, taken });
    response.writeHead(taken ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const world: ChannelWorld = {
    driver,
    fake,
    connection: driver.connect(fake.account),
    requests,
    refuse: 0,
    webhookUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received: () => requests.filter(({ taken }) => taken).flatMap(({ messages }) => messages ?? []),
    async close() {
      await fake.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return world;
}

export const outbound = (message: Partial<OutboundMessage>): OutboundMessage => ({
  chatId: '41',
  text: '',
  attachment: null,
  buttons: [],
  idempotencyKey: 'key',
  ...message,
});

/** What the call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<ChannelError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ChannelError);
  return error as ChannelError;
}
