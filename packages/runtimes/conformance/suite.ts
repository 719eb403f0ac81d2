/**
 * The conformance suite: what every runtime driver has to prove on the machine it runs on. Drivers with `isolates: true` prove
 * the boundary too, from inside. Nothing is skipped where the machine lacks something: the case fails and says what is missing.
 */
import { afterAll, beforeAll, describe } from 'vitest';
import { describeFiles, describeProcesses } from './boundary.ts';
import { describeControlProcess } from './control-process.ts';
import { describeLifecycle } from './lifecycle.ts';
import { describeLimits } from './limits.ts';
import { describeNetwork, describeSockets } from './network.ts';
import type { DriverFactory, DriverUnderProof, TestPool } from './pool.ts';
import { createTestPool } from './pool.ts';
import { describeStandstill } from './standstill.ts';

export function describeDriver(subject: DriverUnderProof): void {
  describe(`conformance of ${subject.factory}`, { timeout: 60_000 }, () => {
    let pool: TestPool;
    beforeAll(async () => {
      const loaded = (await import(subject.module)) as Record<string, DriverFactory>;
      pool = await createTestPool(loaded[subject.factory] as DriverFactory);
    });
    afterAll(() => pool.close(), 60_000);

    describeLifecycle(() => pool);
    describeSockets(() => pool);
    describeLimits(() => pool);
    describeStandstill(() => pool);
    describeControlProcess(() => pool, subject);
    if (!subject.isolates) return;
    describeFiles(() => pool);
    describeProcesses(() => pool);
    describeNetwork(() => pool);
  });
}
