/**
 * Wake: from a message to the first token of its answer, for a tenant without a runtime and for a running one, beside a bare
 * `openclaw gateway` started by hand with default settings (process start to the first token of its first answer).
 * Rounds are interleaved, so that all three meet the same machine.
 *
 *     node bench/wake.ts [--rounds 20]
 */
import { join } from 'node:path';
import { startTestInstallation } from '../tests/support/installation.ts';
import { createBareGateway } from './bare-gateway.ts';
import { firstTokenThroughClawpool } from './first-token.ts';
import { printTable, roundsFromArguments } from './table.ts';

const rounds = roundsFromArguments(20);
const installation = await startTestInstallation();
const bare = await createBareGateway(join(import.meta.dirname, '../.clawpool/images', installation.host.image));
const ryan = await installation.person('ryan');
const samples = { bare: [] as number[], wake: [] as number[], running: [] as number[] };

try {
  // One unmeasured round for each: page cache and compile caches are warm on both sides.
  await bare.startToFirstToken();
  await firstTokenThroughClawpool(ryan, 'Who are you?');
  for (let round = 1; round <= rounds; round++) {
    await installation.pool.stop('ryan');
    samples.wake.push(await firstTokenThroughClawpool(ryan, 'Who are you?'));
    samples.running.push(await firstTokenThroughClawpool(ryan, 'Who are you?'));
    samples.bare.push(await bare.startToFirstToken());
    process.stderr.write(`\rround ${round} of ${rounds}`);
  }
} finally {
  await bare.close();
  await installation.close();
}
printTable(
  'Wake: message to first token (OpenClaw 2026.6.35, demo model)',
  [
    { name: 'bare gateway', samples: samples.bare },
    { name: 'Clawpool, no runtime', samples: samples.wake },
    { name: 'Clawpool, running', samples: samples.running },
  ],
  'bare gateway',
);
