import { availableParallelism } from 'node:os';
import { MessageChannel, Worker } from 'node:worker_threads';
import { type Handlers, type Peer, talk } from './talk.ts';
import { threadOptions } from './thread-options.ts';

/**
 * Folders are read and written in threads of their own: thousands of quick system calls in a row are many times faster than asynchronous
 * ones, and would keep everybody else waiting here. Threads are started when they are needed and stay; they do not keep the process alive.
 */
const threads: { worker: Worker; peers: Set<Peer> }[] = [];
const most = Math.max(1, Math.min(4, availableParallelism()));

export type Job = 'snapshot' | 'restore';

/** Gives a thread the job and hands over to `work`, which asks it step by step. What the thread asks back, `handlers` answer. */
export async function inThread<T>(
  job: Job,
  options: unknown,
  handlers: Handlers,
  work: (thread: Peer) => Promise<T>,
): Promise<T> {
  const thread = leastBusy();
  const { port1, port2 } = new MessageChannel();
  const peer = talk(port1, handlers);
  thread.peers.add(peer);
  try {
    thread.worker.postMessage({ job, options, port: port2 }, [port2]);
    return await work(peer);
  } finally {
    thread.peers.delete(peer);
    peer.close(new Error('the job is over'));
  }
}

function leastBusy(): (typeof threads)[number] {
  const [quietest] = threads.toSorted((a, b) => a.peers.size - b.peers.size);
  return quietest && (quietest.peers.size === 0 || threads.length >= most) ? quietest : startThread();
}

function startThread(): (typeof threads)[number] {
  const worker = new Worker(new URL('./files-thread.ts', import.meta.url), threadOptions);
  const thread = { worker, peers: new Set<Peer>() };
  const ended = (error: Error) => {
    if (threads.includes(thread)) threads.splice(threads.indexOf(thread), 1);
    for (const peer of thread.peers) peer.close(error);
  };
  worker.on('error', ended);
  worker.on('exit', () => ended(new Error('the thread that reads and writes files has ended')));
  worker.unref();
  threads.push(thread);
  return thread;
}
