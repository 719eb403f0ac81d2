import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runChaos } from '../chaos/chaos.ts';

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'clawpool-chaos-'));
});
afterAll(() => rm(data, { recursive: true, force: true }));

test('half a minute of kill -9 at random points under load: nothing stuck, leaked, lost or run twice', {
  timeout: 15 * 60_000,
}, async () => {
  const report = await runChaos({ data, minutes: 0.5, seed: Date.now() % 1_000_000, onNote: () => {} });
  expect(report).toMatchObject({ stuck: [], leaked: [], lost: [], doubleRuns: [] });
  expect(report.acknowledged).toBeGreaterThan(0);
  expect(Object.values(report.kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
});
