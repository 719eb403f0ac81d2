/**
 * The conformance suite: what every channel has to prove, with its real library, against its platform's servers as they are written down in
 * a fake.
 */
import { describe } from 'vitest';
import { describeAttachments } from './attachments.ts';
import { describeFailures } from './failures.ts';
import { describePolling } from './polling.ts';
import { describeReceiving } from './receiving.ts';
import { describeSending } from './sending.ts';
import type { StartChannel } from './world.ts';
import { worldPerTest } from './world.ts';

export function describeChannel(name: string, start: StartChannel): void {
  describe(`conformance of ${name}`, () => {
    const world = worldPerTest(start);
    describeReceiving(world);
    describeSending(world);
    describeAttachments(world);
    describeFailures(world);
    describePolling(world);
  });
}
