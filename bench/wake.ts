/**
 * Wake: from a message to the first token of its answer, for a hibernated tenant with a warm slot and without one, for a running one,
 * and for twenty that are asked at the same moment; beside a bare `openclaw gateway` started by hand with default settings (process
 * start to the first token of its first answer). Rounds are interleaved, so that all meet the same machine.
 *
 *     node bench/wake.ts [--rounds 20] [--image openclaw-2026.3.24] [--check]
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestInstallation } from '../tests/support/installation.ts';
import { operatorOf } from '../tests/support/operator.ts';
import type { Person } from '../tests/support/person.ts';
import { createBareGateway } from './bare-gateway.ts';
import { firstTokenThroughClawpool } from './first-token.ts';
import { judge, percentile, printTable, roundsFromArguments } from './table.ts';

const rounds = roundsFromArguments(20);
const crowdSize = 20;
const installation = await startTestInstallation();
const operator = operatorOf(installation);
const image = imageFromArguments() ?? installation.host.image;
const bare = await createBareGateway(join(import.meta.dirname, '../.clawpool/images', image));
const ryan = await installation.person('ryan');
const { tier } = await operator.call('tenant', { params: { tenantId: 'ryan' } });
const samples = { bare: [] as number[], slot: [] as number[], start: [] as number[], running: [] as number[] };
const startedBy: Record<string, number> = {};
let crowd: number[] = [];
const lost: string[] = [];

try {
  await useImage(image);
  // One unmeasured round for each: page cache and compile caches are warm on both sides.
  await bare.startToFirstToken();
  await wake(ryan, 0);
  for (let round = 1; round <= rounds; round++) {
    samples.start.push(await wake(ryan, 0));
    samples.running.push(await firstTokenThroughClawpool(ryan, 'Who are you?'));
    samples.slot.push(await wake(ryan, 1));
    samples.bare.push(await bare.startToFirstToken());
    process.stderr.write(`\rround ${round} of ${rounds}`);
  }
  crowd = await wakeTogether();
} finally {
  await bare.close();
  await installation.close();
}
printTable(
  `Wake: message to first token (${image}, demo model)`,
  [
    { name: 'bare gateway', samples: samples.bare },
    { name: 'Clawpool, warm slot', samples: samples.slot },
    { name: 'Clawpool, no slot', samples: samples.start },
    { name: 'Clawpool, running', samples: samples.running },
    { name: `Clawpool, ${crowdSize} at once`, samples: crowd },
  ],
  'bare gateway',
);
console.log(
  `\nHow the runtimes came about: ${JSON.stringify(startedBy)}; of ${crowdSize} at once ${crowd.length} were answered.`,
);
for (const why of lost) console.log(`lost: ${why}`);
const base = percentile(samples.bare, 0.5);
judge([
  { name: 'warm slot, p50 to bare gateway', measured: percentile(samples.slot, 0.5) / base, target: 0.15 },
  { name: 'warm slot, p99 to it', measured: percentile(samples.slot, 0.99) / base, target: 0.4 },
  { name: 'no slot, p50 to it', measured: percentile(samples.start, 0.5) / base, target: 0.7 },
  { name: `not answered of ${crowdSize} at once`, measured: crowdSize - crowd.length, target: 0 },
]);

/** Hibernates the tenant, waits until the tier has that many warm slots and nothing else is being done, and asks. */
async function wake(person: Person, slots: number): Promise<number> {
  await installation.pool.stop('ryan');
  await untilSlots(slots);
  const took = await firstTokenThroughClawpool(person, 'Who are you?');
  const { operations } = await operator.call('listTenantOperations', {
    params: { tenantId: 'ryan' },
    query: { limit: 1 },
  });
  const how = operations[0]?.result?.startedBy ?? 'unknown';
  if (samples.running.length > 0 || slots > 0) startedBy[how] = (startedBy[how] ?? 0) + 1;
  return took;
}

async function untilSlots(wanted: number): Promise<void> {
  await operator.call('setWarmSlots', { params: { tier }, body: { minimum: wanted, maximum: wanted } });
  for (;;) {
    const { warmSlots } = await operator.call('pool');
    const ofTier = warmSlots.filter((group) => group.tier === tier);
    const ready = ofTier.reduce((sum, group) => sum + group.ready, 0);
    if (ready === wanted && ofTier.every(({ booting }) => booting === 0)) break;
    await sleep(100);
  }
  await sleep(500); // what a boot leaves to be done
}

/** Twenty hibernated tenants of different people, without any warm slot, asked at the same moment. */
async function wakeTogether(): Promise<number[]> {
  await installation.pool.stop('ryan');
  await untilSlots(0);
  const { employees } = await operator.call('listEmployees');
  const people: Person[] = [];
  for (const { id } of employees.slice(0, crowdSize)) people.push(await installation.person(id));
  const woken = await Promise.allSettled(people.map((person) => firstTokenThroughClawpool(person, 'Who are you?')));
  for (const one of woken) if (one.status === 'rejected') lost.push(String(one.reason));
  return woken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function imageFromArguments(): string | undefined {
  const index = process.argv.indexOf('--image');
  return index === -1 ? undefined : process.argv[index + 1];
}

/** Everybody's runtimes are of it from their next start. */
async function useImage(image: string): Promise<void> {
  if (image === installation.host.image) return;
  const { client } = await installation.person('jiade');
  const { tiers } = await client.call('listTiers');
  for (const { id: tierId } of tiers) await client.call('changeTier', { params: { tierId }, body: { image } });
}
