import { lchownSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { OpenClawProfile } from '@clawpool/workspace';
import { removeTree } from './remove-tree.ts';

/**
 * Which paths of a tenant's folder stay when its files move to another folder under a gateway that runs: what the gateway keeps for
 * itself (`runtimeState`), and, as folders, all that is above it or that the gateway works in, since it has them open.
 */
export interface MovingPlan {
  stays: ReadonlySet<string>;
  frame: ReadonlySet<string>;
}

export function movingPlan(profile: OpenClawProfile): MovingPlan {
  const frame = new Set(profile.folders);
  for (const path of [...profile.folders, ...profile.runtimeState]) {
    for (let above = dirname(path); above !== '.'; above = dirname(above)) frame.add(above);
  }
  return { stays: new Set(profile.runtimeState), frame };
}

/** Whether what has to be a folder is one: a tenant may have put a link there, or a file. */
export function canBeMoved(folder: string, { frame }: MovingPlan): boolean {
  return [...frame].every((path) => {
    const found = lstatSync(join(folder, path), { throwIfNoEntry: false });
    return found === undefined || found.isDirectory();
  });
}

/** Removes all that does not stay. `except` names one more path that does. */
export async function clearFolder(folder: string, plan: MovingPlan, except: string | null): Promise<void> {
  for (const { path } of movable(folder, plan)) if (path !== except) await removeTree(join(folder, path));
}

/**
 * Moves all that does not stay from one folder to another, where it replaces what has the same path. Both are on one file system, so
 * that each piece moves whole; doing it again after a crash goes on where it was. Nothing of the tenant may run.
 *
 * @param owner of folders that have to be made
 */
export async function moveFiles(from: string, to: string, plan: MovingPlan, owner: number | undefined): Promise<void> {
  for (const { bytes, path } of movable(from, plan)) {
    makeFrame(to, dirname(path), owner);
    const source = Buffer.concat([Buffer.from(`${from}/`), bytes]);
    const target = Buffer.concat([Buffer.from(`${to}/`), bytes]);
    if (lstatSync(target, { throwIfNoEntry: false })) await removeTree(join(to, path)); // our own, from before
    renameSync(source, target);
  }
}

/** A path as bytes, since a tenant's names need not be text, and as text for comparison with names of ours. */
interface Movable {
  bytes: Buffer;
  path: string;
}

function movable(root: string, plan: MovingPlan, folder = ''): Movable[] {
  return readdirSync(join(root, folder), { encoding: 'buffer' }).flatMap((name) => {
    const bytes = folder === '' ? name : Buffer.concat([Buffer.from(`${folder}/`), name]);
    const path = bytes.toString();
    if (plan.stays.has(path)) return [];
    return plan.frame.has(path) ? movable(root, plan, path) : [{ bytes, path }];
  });
}

function makeFrame(root: string, folder: string, owner: number | undefined): void {
  if (folder === '.' || lstatSync(join(root, folder), { throwIfNoEntry: false })) return;
  makeFrame(root, dirname(folder), owner);
  mkdirSync(join(root, folder), { mode: 0o700 });
  if (owner !== undefined) lchownSync(join(root, folder), owner, owner);
}
