import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { restoreFolder, snapshotFolder } from '@clawpool/checkpoints';
import type { BlobStore, FilesSnapshot, FilesSource } from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import type { FilesRecord } from './files-record.ts';
import { filesRecords } from './files-record.ts';
import type { HostFolders } from './host-folders.ts';
import { dropCopy, type MemoryPlace, putMemoryBack } from './kept-memory.ts';
import type { MovingPlan } from './move-files.ts';
import { canBeMoved, clearFolder, moveFiles, movingPlan } from './move-files.ts';
import { giveTo, notYetOf, UnfitFolderError } from './ownership.ts';
import { removeTree } from './remove-tree.ts';
import { logFileOf, memoryCopyOf } from './runtime-setting.ts';
import { forgetSession } from './session-files.ts';
import { readFileBelow, removePaths, skillFile } from './tenant-files.ts';
import type { PresentWorkspace } from './workspace-files.ts';

/** Tenants' folders on this host: each a cache of its newest checkpoint and what changed since. Calls for one tenant must not overlap. */
export interface TenantFolders {
  folderOf(id: string): string;
  /**
   * Makes the tenant's folder what `files` says, and everything in it `owner`'s. What was there stays until what replaces it is
   * complete.
   *
   * @throws OutdatedFilesError, DamagedBlobError, MissingBlobError, or the file system's error, for example ENOSPC
   */
  putInPlace(request: FilesRequest): Promise<void>;
  /**
   * The same, into the folder of a warm slot that runs, which is the tenant's folder then. Of what was in it only its gateway's own
   * state is left, and `keep`. False: these files cannot be moved quickly; the tenant's folder is as before.
   */
  moveIntoSlot(slotId: string, request: FilesRequest & { keep: string | null }): Promise<boolean>;
  /** Brings a move into a warm slot to its end that was broken off. */
  settle(tenantId: string): Promise<void>;
  /** The skills we wrote into the folder, by name. */
  skills(tenantId: string): Promise<readonly string[]>;
  rememberSkills(tenantId: string, skills: readonly string[]): Promise<void>;
  /** @throws ClawpoolError `not_found` when there is no folder, and what `snapshotFolder` throws */
  checkpoint(request: CheckpointRequest): Promise<FilesSnapshot>;
  restore(request: Omit<RestoredFiles, 'image'> & { epoch: number }): Promise<{ files: number; bytes: number }>;
  reset(tenantId: string): Promise<void>;
  /**
   * Removes what the gateway keeps of a session, of a tenant that does not run, and again from whatever files its next start begins with.
   */
  forgetSession(tenantId: string, session: string): Promise<void>;
  /** To be called once its files are in place, before its gateway looks at them. */
  forgetSessions(tenantId: string, image: string): Promise<void>;
  /** A file of the workspace. Null: there is none, or more in it than `atMost` bytes. */
  readWorkspace(tenantId: string, path: string, atMost: number): Promise<string | null>;
  /** Where its workspace is. @throws ClawpoolError `not_found` when there is no folder, or one of another epoch */
  workspaceOf(tenantId: string, epoch: number): Promise<PresentWorkspace>;
  /** Somebody only tries it out: what is in its memory will be put back. */
  isTriedOut(tenantId: string): boolean;
  /** Everything of it that is on this host. */
  remove(tenantId: string): Promise<void>;
  /** Brings to an end what a killed host agent was in the middle of. Returns the warm slots that still hold a tenant's files. */
  recover(): Promise<ReadonlySet<string>>;
}

export interface FilesRequest {
  tenantId: string;
  files: FilesSource;
  image: string;
  owner: number | undefined;
}

export interface CheckpointRequest {
  tenantId: string;
  previous: string | null;
  maxBytes: number;
  /** Undefined: whatever epoch the folder was last used in. */
  epoch: number | undefined;
  /** Freezes the runtime around reading; absent when nothing runs. */
  whileReading?: <T>(read: () => Promise<T>) => Promise<T>;
}

interface RestoredFiles {
  tenantId: string;
  root: string;
  /** That uses them next. */
  image: string;
  owner: number | undefined;
}

/** The request is older than the files that are there. */
export class OutdatedFilesError extends Error {}

/** As many files are moved into a warm slot: it takes some 0.1 s, a tenth of what a gateway needs to start. */
const filesToMove = 10_000;

export function tenantFolders(options: {
  folders: HostFolders;
  blobs: BlobStore;
  /** By image id; the default image's for one that is unknown by now. */
  profileOf: (image: string) => OpenClawProfile;
  defaultImage: string;
}): TenantFolders {
  const { folders, blobs, profileOf, defaultImage } = options;
  const records = filesRecords(folders.records);
  const folderOf = (id: string) => join(folders.tenants, id);
  const indexOf = (tenantId: string) => join(folders.indexes, tenantId);

  async function putInPlace({ tenantId, files, image, owner }: FilesRequest): Promise<void> {
    const record = await settled(tenantId);
    const folder = folderOf(tenantId);
    const kept = isCurrent(record, files) && exists(folder);
    if (kept) {
      await giveFolder(tenantId, record, owner);
      await putMemoryBack(memoryPlace(tenantId, record?.image ?? image, owner));
    } else if (files.checkpoint !== null) await fetchFiles({ tenantId, root: files.checkpoint, image, owner });
    else await replaceFolder(tenantId, (made) => mkdir(made, { mode: 0o700 }));
    await records.write(tenantId, recordOf({ files, image, owner }, kept ? record : null), false);
  }

  async function giveFolder(tenantId: string, record: FilesRecord | null, owner: number | undefined): Promise<void> {
    if (owner === undefined || record?.owner === owner) return;
    const foreign = await notYetOf(owner, folderOf(tenantId), Number.POSITIVE_INFINITY);
    if (record) await records.write(tenantId, { ...record, owner: null }, false);
    await giveTo(owner, foreign);
  }

  async function moveIntoSlot(slotId: string, request: FilesRequest & { keep: string | null }): Promise<boolean> {
    const { tenantId, files, image, owner } = request;
    const plan = movingPlan(profileOf(image));
    const before = await settled(tenantId);
    if (files.checkpoint !== null && !(isCurrent(before, files) && exists(folderOf(tenantId))))
      await putInPlace(request);
    const record = await records.read(tenantId);
    const brings = isCurrent(record, files) && exists(folderOf(tenantId));
    if (brings && !(await readyToMove(tenantId, record, owner, plan))) return false;
    if (brings) await putMemoryBack(memoryPlace(tenantId, record?.image ?? image, owner));
    await clearFolder(folderOf(slotId), plan, request.keep);
    const after = recordOf(request, brings ? record : null);
    // On disk before what comes next takes the folder apart.
    if (brings) await records.write(tenantId, { ...after, movingInto: slotId }, true);
    if (brings) await moveFiles(folderOf(tenantId), folderOf(slotId), plan, owner);
    await takePlace(tenantId, folderOf(slotId));
    await records.write(tenantId, after, false);
    return true;
  }

  /** Looks first, so that a folder that cannot be moved is as it was. */
  async function readyToMove(
    tenantId: string,
    record: FilesRecord | null,
    owner: number | undefined,
    plan: MovingPlan,
  ): Promise<boolean> {
    try {
      const foreign = await notYetOf(owner ?? 0, folderOf(tenantId), filesToMove);
      if (!canBeMoved(folderOf(tenantId), plan)) return false;
      if (owner === undefined) return true;
      if (record) await records.write(tenantId, { ...record, owner: null }, false);
      await giveTo(owner, foreign);
      return true;
    } catch (error) {
      if (error instanceof UnfitFolderError) return false;
      throw error;
    }
  }

  /** The tenant's record, after a move into a warm slot that was broken off has been brought to its end. */
  async function settled(tenantId: string): Promise<FilesRecord | null> {
    const record = await records.read(tenantId);
    if (record === null || record.movingInto === null) return record;
    const slot = folderOf(record.movingInto);
    if (exists(slot)) {
      const plan = movingPlan(profileOf(record.image));
      if (exists(folderOf(tenantId))) await moveFiles(folderOf(tenantId), slot, plan, record.owner ?? undefined);
      await takePlace(tenantId, slot);
    }
    const after = { ...record, movingInto: null };
    await records.write(tenantId, after, true);
    return after;
  }

  function fetchFiles({ tenantId, root, image, owner }: RestoredFiles): Promise<{ files: number; bytes: number }> {
    const index = indexOf(tenantId);
    const exclude = profileOf(image).runtimeState;
    return replaceFolder(tenantId, (folder) =>
      restoreFolder({ folder, root, blobs, index, exclude, ...(owner === undefined ? {} : { owner }) }),
    );
  }

  async function replaceFolder<T>(tenantId: string, make: (folder: string) => Promise<T>): Promise<T> {
    const made = beside(tenantId, 'new');
    try {
      const result = await make(made);
      await takePlace(tenantId, made);
      return result;
    } catch (error) {
      await removeTree(made).catch(() => {});
      throw error;
    }
  }

  /**
   * Puts another folder in the place of the tenant's. One of the two is there whenever we are killed. What a test left to be put back was
   * of the files before.
   */
  async function takePlace(tenantId: string, made: string): Promise<void> {
    const replaced = beside(tenantId, 'replaced');
    const isReplacing = exists(folderOf(tenantId));
    if (isReplacing) await rename(folderOf(tenantId), replaced);
    await rename(made, folderOf(tenantId));
    await dropCopy(memoryCopyOf(folders, tenantId));
    if (isReplacing) void removeTree(replaced).catch(() => {}); // `recover` removes what is left of it
  }

  const memoryPlace = (tenantId: string, image: string, owner: number | undefined): MemoryPlace => ({
    ...{ folder: folderOf(tenantId), workspace: profileOf(image).workspace },
    ...{ copy: memoryCopyOf(folders, tenantId), owner },
  });

  /** No tenant's id has a dot. */
  const beside = (tenantId: string, what: 'new' | 'replaced' | 'removed') =>
    `${folderOf(tenantId)}.${what}-${randomBytes(4).toString('hex')}`;

  async function present(tenantId: string, epoch: number | undefined): Promise<FilesRecord | null> {
    const record = await settled(tenantId);
    if (!exists(folderOf(tenantId)) || (epoch !== undefined && record !== null && record.epoch !== epoch)) {
      throw new ClawpoolError(
        'not_found',
        'The agent’s present files are not on this host.',
        'Start it once: its files are put in place then.',
      );
    }
    return record;
  }

  async function checkpoint({ tenantId, previous, epoch, ...how }: CheckpointRequest): Promise<FilesSnapshot> {
    const record = await present(tenantId, epoch);
    const { runtimeState, workspace } = profileOf(record?.image ?? defaultImage);
    const ours = (record?.skills ?? []).map((skill) => join(workspace, skillFile(skill)));
    return snapshotFolder({
      folder: folderOf(tenantId),
      index: indexOf(tenantId),
      blobs,
      previous,
      // What we write at every start is not the tenant's to keep: a skill it has no longer would come back with a restore.
      exclude: [...runtimeState, ...ours],
      ...how,
    });
  }

  async function restore({ tenantId, root, epoch, owner }: Omit<RestoredFiles, 'image'> & { epoch: number }) {
    const record = await settled(tenantId);
    const image = record?.image ?? defaultImage;
    const restored = await fetchFiles({ tenantId, root, image, owner });
    await records.write(tenantId, recordOf({ files: { epoch }, image, owner }, null), true);
    return restored;
  }

  async function reset(tenantId: string): Promise<void> {
    const record = await settled(tenantId);
    if (!exists(folderOf(tenantId))) return;
    await removePaths(folderOf(tenantId), profileOf(record?.image ?? defaultImage).runtimeState);
  }

  const forgottenOf = (tenantId: string) => join(folders.forgotten, tenantId);

  async function forget(tenantId: string, session: string): Promise<void> {
    const record = await settled(tenantId);
    // First, so that it is not lost with us. A line is the session's name, which has none in it.
    await appendFile(forgottenOf(tenantId), `${JSON.stringify(session)}\n`, { mode: 0o600 });
    await forgetIn(tenantId, record?.image ?? defaultImage, [session], record);
  }

  async function forgetAll(tenantId: string, image: string): Promise<void> {
    const names = await readFile(forgottenOf(tenantId), 'utf8').catch(() => '');
    if (names === '') return;
    const sessions = names
      .split('\n')
      .filter((line) => line.endsWith('"'))
      .map((line) => JSON.parse(line) as string);
    await forgetIn(tenantId, image, sessions, await records.read(tenantId));
    await rm(forgottenOf(tenantId), { force: true });
  }

  async function forgetIn(
    tenantId: string,
    image: string,
    sessions: readonly string[],
    record: FilesRecord | null,
  ): Promise<void> {
    if (!exists(folderOf(tenantId))) return;
    const place = profileOf(image).sessions;
    for (const session of sessions) {
      await forgetSession(folderOf(tenantId), place, session, record?.owner ?? undefined);
    }
  }

  async function readWorkspace(tenantId: string, path: string, atMost: number): Promise<string | null> {
    const record = await settled(tenantId);
    if (!exists(folderOf(tenantId))) return null;
    const { workspace } = profileOf(record?.image ?? defaultImage);
    return readFileBelow(folderOf(tenantId), `${workspace}/${path}`, atMost);
  }

  async function workspaceOf(tenantId: string, epoch: number): Promise<PresentWorkspace> {
    const record = await present(tenantId, epoch);
    const { workspace } = profileOf(record?.image ?? defaultImage);
    return {
      root: folderOf(tenantId),
      workspace,
      owner: record?.owner ?? undefined,
      skills: record?.skills ?? [],
    };
  }

  async function remove(tenantId: string): Promise<void> {
    await settled(tenantId);
    const removed = beside(tenantId, 'removed');
    if (exists(folderOf(tenantId))) await rename(folderOf(tenantId), removed);
    await records.remove(tenantId);
    await dropCopy(memoryCopyOf(folders, tenantId));
    const index = indexOf(tenantId);
    for (const file of [forgottenOf(tenantId), index, `${index}.new`, `${index}.clock`, `${index}.copies`]) {
      await rm(file, { recursive: true, force: true });
    }
    const log = logFileOf(folders, tenantId);
    for (const file of [log, `${log}.1`]) await rm(file, { force: true });
    await removeTree(removed);
  }

  async function recover(): Promise<ReadonlySet<string>> {
    const holding = new Set<string>();
    for (const tenantId of await records.tenants()) {
      const record = await records.read(tenantId);
      // On a full disk, for example: the tenant's next start tries again.
      await settled(tenantId).catch(() => record?.movingInto && holding.add(record.movingInto));
      if (record && exists(folderOf(tenantId)))
        await putMemoryBack(memoryPlace(tenantId, record.image, record.owner ?? undefined)).catch(() => {});
    }
    for (const name of await readdir(folders.memories)) {
      if (!name.endsWith('.json')) await rm(join(folders.memories, name), { force: true }); // half a copy
    }
    for (const name of await readdir(folders.tenants)) {
      const [, tenantId, what] = /^([^.]+)\.(new|replaced|removed)-[0-9a-f]{8}$/u.exec(name) ?? [];
      if (tenantId === undefined) continue;
      if (what === 'replaced' && !exists(folderOf(tenantId))) await rename(folderOf(name), folderOf(tenantId));
      else await removeTree(folderOf(name)).catch(() => {});
    }
    return holding;
  }

  return {
    folderOf,
    putInPlace,
    moveIntoSlot,
    settle: async (tenantId) => {
      await settled(tenantId);
    },
    skills: async (tenantId) => (await records.read(tenantId))?.skills ?? [],
    rememberSkills: async (tenantId, skills) => {
      const record = await records.read(tenantId);
      if (record) await records.write(tenantId, { ...record, skills: [...skills] }, false);
    },
    checkpoint,
    restore,
    reset,
    forgetSession: forget,
    forgetSessions: forgetAll,
    readWorkspace,
    workspaceOf,
    isTriedOut: (tenantId) => exists(memoryCopyOf(folders, tenantId)),
    remove,
    recover,
  };
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Without a record the folder is from before there were any, or the record is lost: it counts as long as there is nothing else. */
function isCurrent(record: FilesRecord | null, files: FilesSource): boolean {
  if (record === null) return files.checkpoint === null;
  if (record.epoch > files.epoch) throw new OutdatedFilesError('The files on the host are newer than the request');
  return record.epoch === files.epoch;
}

function recordOf(
  request: { files: { epoch: number }; image: string; owner: number | undefined },
  before: FilesRecord | null,
): FilesRecord {
  const { files, image, owner = null } = request;
  return { epoch: files.epoch, image, owner, skills: before?.skills ?? [], movingInto: null };
}
