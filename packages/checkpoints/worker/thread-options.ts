import type { WorkerOptions } from 'node:worker_threads';

export const threadOptions: WorkerOptions = {
  // Not the process's own options: some of them are not for threads.
  execArgv: [],
  // What a tenant fills its folder with may end a thread, never Clawpool.
  resourceLimits: { maxOldGenerationSizeMb: 1024 },
};
