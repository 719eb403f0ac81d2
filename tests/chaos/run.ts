/**
 * The chaos test at any length:
 *
 *     node tests/chaos/run.ts [--minutes 10] [--seed 1]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChaos } from './chaos.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const data = await mkdtemp(join(tmpdir(), 'clawpool-chaos-'));
const startedAt = Date.now();
const report = await runChaos({
  data,
  minutes: Number(values.minutes),
  seed: Number(values.seed),
  onNote: (line) => process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1)} s  ${line}\n`),
});
console.log(JSON.stringify(report, null, 2));
const bad = report.stuck.length + report.leaked.length + report.lost.length + report.doubleRuns.length;
if (bad === 0) await rm(data, { recursive: true, force: true });
else console.error(`Kept for a look: ${data}`);
process.exitCode = bad === 0 ? 0 : 1;
