import { Worker } from 'node:worker_threads';
import { threadOptions } from '../worker/thread-options.ts';
import { type Extent, type Listings, listBelow } from './listing.ts';

/** Enough to share evenly, whatever their sizes are. */
const foldersToShare = 64;

/** One helper for a thread, from when it first meets a large folder. It does not keep anything alive. */
let helper: Worker | undefined;
let asked = 0;

/** Lists a folder and everything below in two threads: for tens of thousands of files, where asking for their times is what takes long. */
export async function listTogether(folder: string, extent: Extent): Promise<Listings> {
  const listings: Listings = new Map();
  const rest = listBelow([folder], extent, listings, (waiting) => waiting >= foldersToShare);
  if (rest.length === 0) return listings;
  const others = askHelper(
    rest.filter((_, index) => index % 2 === 0),
    extent,
  );
  listBelow(
    rest.filter((_, index) => index % 2 === 1),
    extent,
    listings,
  );
  for (const [path, listing] of await others) listings.set(path, listing);
  return listings;
}

/** Nothing when the helper has ended: what is missing is listed by whoever needs it. */
function askHelper(folders: readonly string[], extent: Extent): Promise<Listings> {
  helper ??= startHelper();
  const thread = helper;
  const id = asked++;
  return new Promise((resolve) => {
    const finish = (listings: Listings) => {
      thread.off('message', onMessage);
      thread.off('exit', onExit);
      resolve(listings);
    };
    const onMessage = (message: { id: number; listings: Listings }) => {
      if (message.id === id) finish(message.listings);
    };
    const onExit = () => finish(new Map());
    thread.on('message', onMessage);
    thread.on('exit', onExit);
    thread.postMessage({ id, folders, extent });
  });
}

function startHelper(): Worker {
  const worker = new Worker(new URL('./listing-thread.ts', import.meta.url), threadOptions);
  const forget = () => {
    if (helper === worker) helper = undefined;
  };
  worker.on('error', forget);
  worker.on('exit', forget);
  worker.unref();
  return worker;
}
