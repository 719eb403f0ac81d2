/** The thread's program: see `worker-pool.ts`. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { restoreSteps } from '../restore/write-files.ts';
import { snapshotSteps } from '../snapshot/snapshot-steps.ts';
import { type Handlers, talk } from './talk.ts';
import type { Job } from './worker-pool.ts';

const jobs: Record<Job, (options: never, ask: (question: string, content: Uint8Array) => Promise<void>) => Handlers> = {
  snapshot: snapshotSteps,
  restore: restoreSteps,
};

parentPort?.on('message', ({ job, options, port }: { job: Job; options: never; port: MessagePort }) => {
  const handlers: Handlers = {};
  const peer = talk(port, handlers);
  const steps = jobs[job](options, (question, content) => peer.ask(question, content, [content.buffer as ArrayBuffer]));
  Object.assign(handlers, steps);
});
