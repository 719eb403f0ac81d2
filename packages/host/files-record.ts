import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What this host knows of a tenant's folder. It lies outside of the tenant's reach, since what it says is believed. */
export interface FilesRecord {
  /** The folder was last used in this epoch (contracts, `FilesSource`). */
  epoch: number;
  /** Of the runtime that used it last: which of its files are the runtime's own, not the tenant's. */
  image: string;
  /** Host user everything in it belongs to; null where that is us. */
  owner: number | null;
  /** The skills we wrote into it, so that one the tenant has no longer is removed. */
  skills: string[];
  /** The warm slot its files were on their way into. */
  movingInto: string | null;
}

export interface FilesRecords {
  /** Null: there is none. */
  read(tenantId: string): Promise<FilesRecord | null>;
  /** The record is there, whole, when this resolves; `durable` also outlives a power cut. */
  write(tenantId: string, record: FilesRecord, durable: boolean): Promise<void>;
  remove(tenantId: string): Promise<void>;
  tenants(): Promise<string[]>;
}

/** @param folder ours, exists */
export function filesRecords(folder: string): FilesRecords {
  const fileOf = (tenantId: string) => join(folder, `${tenantId}.json`);

  async function write(tenantId: string, record: FilesRecord, durable: boolean): Promise<void> {
    const unfinished = join(folder, `.${tenantId}.${randomBytes(4).toString('hex')}`);
    try {
      const file = await open(unfinished, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(record));
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await rename(unfinished, fileOf(tenantId));
      if (durable) await syncFolder(folder);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  return {
    read: async (tenantId) => parse(await readFile(fileOf(tenantId), 'utf8').catch(() => '')),
    write,
    remove: (tenantId) => rm(fileOf(tenantId), { force: true }),
    tenants: async () =>
      (await readdir(folder))
        .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
        .map((name) => name.slice(0, -'.json'.length)),
  };
}

/** So that what was made or renamed in a folder is still there after a power cut (fsync(2)). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** One that a power cut left empty counts as none: the checkpoint decides then. */
function parse(text: string): FilesRecord | null {
  try {
    const record = JSON.parse(text) as FilesRecord;
    return Number.isInteger(record.epoch) ? record : null;
  } catch {
    return null;
  }
}
