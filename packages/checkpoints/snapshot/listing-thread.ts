/** The program of the second thread: see `list-together.ts`. */
import { parentPort } from 'node:worker_threads';
import { type Extent, type Listings, listBelow } from './listing.ts';

parentPort?.on('message', ({ id, folders, extent }: { id: number; folders: string[]; extent: Extent }) => {
  const listings: Listings = new Map();
  try {
    listBelow(folders, extent, listings);
  } catch {
    // The first thread meets the same error at what is missing here, and tells it.
  }
  const stats = [...listings.values()].flatMap((listing) => (listing ? [listing.stats.buffer as ArrayBuffer] : []));
  parentPort?.postMessage({ id, listings }, stats);
});
