/**
 * How soon a platform's webhook is acknowledged, which happens when its message is stored for good. A whole installation with its embedded
 * PostgreSQL gets 500 messages a second for ten seconds, each a request of its own, from a thread of its own; meanwhile the inbox is worked
 * off as always. Times count from the moment a request was due, so that one that had to wait to be sent is not made to look quick. The
 * senders are not paired: no agent runs, and each chat is told so once.
 *
 *     node bench/webhook-ack.ts [--rate 500] [--seconds 10] [--check]
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Pool } from 'undici';
import { startTestInstallation } from '../tests/support/installation.ts';
import { judge, percentile, printTable } from './table.ts';

interface Load {
  url: string;
  path: string;
  secret: string;
  rate: number;
  seconds: number;
}

interface Measured {
  /** Milliseconds from when a request was due until its answer. */
  acknowledged: number[];
  refused: number;
}

const chats = 200;

/** Every update of the platform has a number of its own. */
let updates = 0;

if (isMainThread) await bench();
else parentPort?.postMessage(await load(workerData as Load & { first: number }));

async function bench(): Promise<void> {
  const platform = await startPlatform();
  const installation = await startTestInstallation({ publicUrl: 'https://agents.example.com' });
  try {
    const admin = await installation.person('jiade');
    const account = await admin.client.call('addChannelAccount', {
      body: { channel: 'telegram', name: 'Bench', secret: '1:bench-token', mode: 'webhook', apiRoot: platform.url },
    });
    const { secret } = await platform.webhook;
    const of = { url: installation.url, path: `/channels/telegram/${account.id}`, secret };
    // The first requests of a process compile it.
    await inThread({ ...of, rate: 200, seconds: 3 });
    const alone = await inThread({ ...of, rate: 10, seconds: 3 });
    const [rate, seconds] = [argument('--rate', 500), argument('--seconds', 10)];
    const loaded = await inThread({ ...of, rate, seconds });
    printTable(
      'A webhook, from when it is due to its acknowledgement',
      [
        { name: '10 a second', samples: alone.acknowledged },
        { name: `${rate} a second`, samples: loaded.acknowledged },
      ],
      '10 a second',
    );
    const kept = await admin.client.call('listChannelAccounts', {});
    const received = kept.accounts.find(({ id }) => id === account.id)?.receivedLastDay;
    const worst = percentile(loaded.acknowledged, 1).toFixed(1);
    console.log(`\nworst ${worst} ms; refused ${alone.refused + loaded.refused}; stored in all ${received}`);
    judge([
      { name: `p99 at ${rate} a second, ms`, measured: percentile(loaded.acknowledged, 0.99), target: 50 },
      { name: 'refused', measured: alone.refused + loaded.refused, target: 0 },
    ]);
  } finally {
    await installation.close();
    await platform.close();
  }
}

/** What a bot asks of Telegram in this, and nothing more. */
async function startPlatform() {
  const webhook = Promise.withResolvers<{ secret: string }>();
  let messages = 0;
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const method = request.url?.split('/').at(-1);
    if (method === 'setWebhook') {
      const { url, secret_token: secret } = JSON.parse(body) as { url?: string; secret_token?: string };
      if (url && secret) webhook.resolve({ secret });
    }
    const bot = { id: 1, is_bot: true, first_name: 'Bench', username: 'bench_bot' };
    const sent = { message_id: ++messages, date: 0, chat: { id: 1, type: 'private' } };
    const result = method === 'getMe' ? bot : method === 'sendMessage' ? sent : true;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ok: true, result }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    webhook: webhook.promise,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

function inThread(of: Load): Promise<Measured> {
  const first = updates;
  updates += of.rate * of.seconds;
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { ...of, first } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

async function load({ url, path, secret, rate, seconds, first }: Load & { first: number }): Promise<Measured> {
  const server = new Pool(url, { connections: 64, pipelining: 1 });
  const measured: Measured = { acknowledged: [], refused: 0 };
  const begun = performance.now();
  const requests = Array.from({ length: rate * seconds }, async (_, index) => {
    const due = begun + (index * 1000) / rate;
    await sleep(Math.max(0, due - performance.now()));
    const id = first + index + 1;
    const chat = 1_000 + (id % chats);
    const from = { id: chat, is_bot: false, first_name: `Person ${chat}` };
    const message = { message_id: id, date: 1_700_000_000, chat: { id: chat, type: 'private' }, from, text: 'Hello' };
    const { statusCode, body } = await server.request({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
      body: JSON.stringify({ update_id: id, message }),
    });
    await body.dump();
    if (statusCode === 200) measured.acknowledged.push(performance.now() - due);
    else measured.refused++;
  });
  await Promise.all(requests);
  await server.close();
  return measured;
}

function argument(name: string, fallback: number): number {
  const index = process.argv.indexOf(name);
  return index === -1 ? fallback : Number(process.argv[index + 1]);
}
