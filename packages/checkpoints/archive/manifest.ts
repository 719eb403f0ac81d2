/**
 * A tree as one file: a gzipped tar that any tar unpacks.
 * - `manifest.json` comes first: format, description, root.
 * - Then the tree from the top, each folder before what is in it: `tree/<hash>.json` for each blob of a folder, and `files/<path>` for files and
 *   links. Whoever reads it knows from what came before what has to come next, and of which hash, up to the root's in the manifest.
 */
import { z } from 'zod';

/** What an exported file says of itself; JSON. */
export type TreeDescription = Record<string, unknown>;

export const manifestName = 'manifest.json';

export const manifest = z.object({
  clawpool: z.literal('backup'),
  format: z.literal(1),
  root: z.string().regex(/^[0-9a-f]{64}$/),
  description: z.record(z.string(), z.unknown()),
});

export const nodeName = (hash: string): string => `tree/${hash}.json`;

export const hashIn = (nodeName: string): string => nodeName.slice('tree/'.length, -'.json'.length);

/** Only for people: names that are no UTF-8 are told approximately. What is right is in the folder's blob. */
export const fileName = (path: string): string => `files/${path.toWellFormed()}`;
