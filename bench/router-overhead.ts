/**
 * Router overhead: what Clawpool adds to a turn of a running tenant, between the client and the tenant's own gateway. Both ways ask
 * the same gateway with the same message in a new session: once through the public API (session cookie, stored message,
 * claimed turn, event stream), once straight into the tenant's in pipe, which only the host agent may do. Rounds are interleaved.
 *
 *     node bench/router-overhead.ts [--rounds 60] [--check]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openclawProfile } from '@clawpool/workspace';
import { Client } from 'undici';
import { startTestInstallation } from '../tests/support/installation.ts';
import { portalTurn } from '../tests/support/turn-context.ts';
import { firstTokenOf, firstTokenThroughClawpool } from './first-token.ts';
import { judge, percentile, printTable, roundsFromArguments } from './table.ts';

const rounds = roundsFromArguments(60);
const installation = await startTestInstallation();
const ryan = await installation.person('ryan');
const samples = { direct: [] as number[], clawpool: [] as number[] };

try {
  await firstTokenThroughClawpool(ryan, 'Who are you?');
  const askDirectly = await openInPipe('ryan');
  for (let round = -5; round < rounds; round++) {
    const direct = await firstTokenOf(() => askDirectly(`bench-${round + 5}`));
    const clawpool = await firstTokenThroughClawpool(ryan, 'Who are you?');
    if (round < 0) continue; // warming both ways up
    samples.direct.push(direct);
    samples.clawpool.push(clawpool);
    process.stderr.write(`\rround ${round + 1} of ${rounds}`);
  }
} finally {
  await installation.close();
}
printTable(
  'Router overhead: message to first token of a running tenant',
  [
    { name: 'its gateway, directly', samples: samples.direct },
    { name: 'through Clawpool', samples: samples.clawpool },
  ],
  'its gateway, directly',
);
const added = samples.clawpool.map((time, round) => time - (samples.direct[round] ?? 0));
console.log(
  `\nadded, round by round: p50 ${percentile(added, 0.5).toFixed(1)} ms, p95 ${percentile(added, 0.95).toFixed(1)} ms`,
);
judge([{ name: 'added to the first token, p50, ms', measured: percentile(added, 0.5), target: 20 }]);

async function openInPipe(tenantId: string) {
  const configuration = JSON.parse(
    await readFile(join(installation.data, 'run/configurations', tenantId, 'openclaw.json'), 'utf8'),
  ) as { gateway: { auth: { token: string } } };
  const profile = openclawProfile(installation.host.image.replace(/^openclaw-/, ''));
  const pipe = new Client('http://gateway', { socketPath: join(installation.data, 'run/s', tenantId, 'in.sock') });
  return async (session: string) => {
    const { body } = await pipe.request(
      profile.turnRequest({
        gatewayToken: configuration.gateway.auth.token,
        turnId: session,
        session: `emp__${tenantId}__${session}`,
        text: 'Who are you?',
        context: portalTurn('The benchmark.'),
      }),
    );
    return body;
  };
}
