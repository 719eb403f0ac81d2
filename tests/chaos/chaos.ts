/**
 * Kills parts of a running Clawpool at random points of every operation, under load, and judges what is left:
 * - no tenant stuck: when the killing ends, every operation is over by its deadline and no tenant stays in between
 * - no capacity leaked: the ledger and the runtimes agree
 * - no acknowledged file lost: what an agent wrote in an answered turn is on disk, and in a checkpoint
 * - no double run: at no time two runtimes of one tenant
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '@clawpool/client';
import { type ClawpoolProcess, startClawpool } from '../support/clawpool-process.ts';
import { operatorToken } from '../support/operator.ts';
import { operate, type Talk, talk } from './load.ts';
import { createRandom, type Random } from './random.ts';
import { judge, type Verdict, watchForDoubleRuns } from './verdict.ts';
import { type Victim, victims } from './victims.ts';

export interface ChaosOptions {
  /** Of the installation; made where missing. */
  data: string;
  minutes: number;
  seed: number;
  onNote: (line: string) => void;
}

export interface ChaosReport extends Verdict {
  kills: Record<Victim['name'], number>;
  /** Messages that were answered, each having written a file. */
  acknowledged: number;
  /** Operations that were accepted, and how they ended. */
  operations: Record<string, number>;
}

/** What the parts of the harness share. */
export interface World {
  data: string;
  random: Random;
  /** True until the killing ends. */
  goesOn: () => boolean;
  /** A client of the installation as it is now: it comes back on another process after a kill. */
  client: () => Client;
  /** One request that may meet a dead or dying server; null when it did, or was refused. */
  attempt<T>(request: (client: Client) => Promise<T>): Promise<T | null>;
  note: (line: string) => void;
}

/** Who is talked to: people of the sample organization whose position may run commands. */
const talkers = ['ryan', 'marcus', 'sophie', 'tony'] as const;

export async function runChaos({ data, minutes, seed, onNote }: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(seed);
  let clawpool = await startClawpool(data);
  const url = clawpool.url;
  const port = new URL(url).port;
  const token = operatorToken(data);
  const endsAt = Date.now() + minutes * 60_000;
  const client = createClient({ baseUrl: url, token, timeoutMs: 15_000 });
  const world: World = {
    data,
    random,
    goesOn: () => Date.now() < endsAt,
    client: () => client,
    attempt: (request) => request(client).catch(() => null),
    note: onNote,
  };

  const doubleRuns = watchForDoubleRuns(data);
  const kills = Object.fromEntries(victims.map(({ name }) => [name, 0])) as ChaosReport['kills'];
  const employees = (await client.call('listEmployees')).employees.map(({ id }) => id);
  const talks: Promise<Talk>[] = talkers.filter((id) => employees.includes(id)).map((id) => talk(world, id));
  const operating = operate(world, talkers);
  await sleep(5_000);

  while (world.goesOn()) {
    const victim = random.pick(victims);
    if (victim.kill(clawpool)) {
      kills[victim.name] += 1;
      onNote(`killed ${victim.name}`);
    }
    if (victim.endsClawpool) {
      await clawpool.gone();
      clawpool = await startAgain(data, port);
    }
    await sleep(random.between(1_500, 9_000));
  }

  onNote('the killing is over');
  const [answered, operations] = await Promise.all([Promise.all(talks), operating]);
  const verdict = await judge(world, answered, doubleRuns).finally(() => clawpool.interrupt());
  return {
    ...verdict,
    kills,
    acknowledged: answered.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    operations,
  };
}

/** What a service manager does. The port may still be held by something that is just being reaped. */
async function startAgain(data: string, port: string): Promise<ClawpoolProcess> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startClawpool(data, { args: [], port });
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(1_000);
    }
  }
}
