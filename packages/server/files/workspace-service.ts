import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import {
  type BlobStore,
  ClawpoolError,
  type ExpectedFile,
  type FileVersion,
  type HostedFile,
  type WorkspaceChange,
  type WorkspaceChanged,
  type WorkspaceFile,
  type WorkspaceFolder,
  workspaceLimits,
} from '@clawpool/contracts';
import { type Principal, personActor } from '../organization/principal.ts';
import { findCheckpoint } from '../pool/checkpoints/checkpoint-store.ts';
import type { TenantRow } from '../pool/tenant-store.ts';
import type { Database } from '../store/database.ts';
import type { MemoryService } from './memory/memory-service.ts';
import { toldDamage, versionsOf } from './stored-workspace.ts';
import type { UploadSpool } from './upload-spool.ts';
import type { WorkspaceReader } from './workspace-reader.ts';
import { findWorkspace, listCheckpointRoots } from './workspace-store.ts';
import { auditFile, type WorkspaceWriter } from './workspace-writer.ts';

/**
 * What people do in agents' workspaces. Who reaches which is `accessOf`; what is out of reach is `not_found`. Paths are below the workspace.
 * Reading another's file, and every change, is in the audit trail: the path, never the content.
 */
export interface WorkspaceService {
  list(principal: Principal, tenantId: string, query: { path: string; offset: number }): Promise<WorkspaceFolder>;
  open(principal: Principal, tenantId: string, query: FileQuery): Promise<WorkspaceFile>;
  download(principal: Principal, tenantId: string, query: FileQuery): Promise<{ file: Readable; name: string }>;
  /** Errors: `conflict` when it is not what was expected, `too_large`, `storage_full`. */
  write(
    principal: Principal,
    tenantId: string,
    to: { path: string; expected: ExpectedFile },
    upload: AsyncIterable<Uint8Array>,
  ): Promise<WrittenFile>;
  makeFolder(principal: Principal, tenantId: string, path: string): Promise<void>;
  move(principal: Principal, tenantId: string, path: string, to: string): Promise<void>;
  remove(principal: Principal, tenantId: string, path: string): Promise<void>;
  versions(principal: Principal, tenantId: string, path: string): Promise<FileVersion[]>;
  restore(
    principal: Principal,
    tenantId: string,
    from: { path: string; version: string; expected: ExpectedFile },
  ): Promise<WrittenFile>;
}

export interface FileQuery {
  path: string;
  /** A checkpoint's id; the file as it is now unless given. */
  version?: string | undefined;
}

type WrittenFile = WorkspaceChanged & { path: string };

export interface WorkspaceServiceOptions {
  database: Database;
  /** Where checkpoints are. */
  blobs: BlobStore;
  reader: WorkspaceReader;
  writer: WorkspaceWriter;
  spool: UploadSpool;
  memory: Pick<MemoryService, 'limit'>;
}

export function createWorkspaceService(options: WorkspaceServiceOptions): WorkspaceService {
  const { database, blobs, reader, writer, spool, memory } = options;
  const { db } = database;

  async function findFile(tenant: TenantRow, { path, version }: FileQuery): Promise<HostedFile> {
    const found = await reader.file(tenant, path, version === undefined ? undefined : await rootOf(tenant, version));
    if (found) return found;
    throw new ClawpoolError(
      'not_found',
      `There is no file ${path}.`,
      'Load the folder again: the agent may have moved it.',
    );
  }

  async function rootOf(tenant: TenantRow, version: string): Promise<string> {
    const row = await findCheckpoint(db, tenant.organizationId, version);
    if (row?.tenantId === tenant.id) return row.root;
    throw new ClawpoolError('not_found', 'This version is not kept any more.', 'Load the versions again.');
  }

  /** Before the first byte: who began to read has read. */
  async function found(principal: Principal, tenantId: string, query: FileQuery) {
    const { tenant, access } = await findWorkspace(db, principal, tenantId);
    const file = await findFile(tenant, query);
    if (!access.own) {
      await auditFile(db, personActor(principal), tenant, 'file.read', { ...query }).catch((error: unknown) => {
        file.close();
        throw error;
      });
    }
    return { tenant, file, mayEdit: mayEdit(tenant, access) };
  }

  const mayEdit = (tenant: TenantRow, access: { edit: boolean }) => access.edit && reader.hostOf(tenant) !== undefined;

  async function change(
    principal: Principal,
    tenantId: string,
    action: string,
    what: WorkspaceChange,
    detail: Record<string, unknown> = {},
  ): Promise<WorkspaceChanged> {
    const { tenant, access } = await findWorkspace(db, principal, tenantId);
    if (!access.edit) throw readOnly();
    return writer.change(personActor(principal), tenant, action, what, detail);
  }

  return {
    list: async (principal, tenantId, { path, offset }) => {
      const { tenant, access } = await findWorkspace(db, principal, tenantId);
      const page = { offset, limit: workspaceLimits.pageEntries };
      const { found, takenAt } = await reader.folder(tenant, path, page);
      // An agent that never ran has a workspace all the same: an empty one.
      if (!found && path !== '') {
        throw new ClawpoolError('not_found', `There is no folder ${path}.`, 'The agent may have moved it.');
      }
      const { entries, total, complete } = found ?? { entries: [], total: 0, complete: true };
      return {
        path,
        entries: entries.map((entry) => ({ ...entry, modifiedAt: entry.modifiedAt?.toISOString() ?? null })),
        total,
        complete,
        takenAt: takenAt?.toISOString() ?? null,
        mayEdit: mayEdit(tenant, access),
      };
    },

    open: async (principal, tenantId, query) => {
      const { tenant, file, mayEdit } = await found(principal, tenantId, query);
      const { bytes, modifiedAt, managed } = file;
      return {
        path: query.path,
        bytes,
        modifiedAt: modifiedAt.toISOString(),
        managed,
        mayEdit: mayEdit && managed === null && query.version === undefined,
        promptLimit: isMemory(query) ? await memory.limit(tenant) : null,
        ...(await textOf(file)),
      };
    },

    download: async (principal, tenantId, query) => {
      const { file } = await found(principal, tenantId, query);
      return { file: Readable.from(file.content), name: basename(query.path) };
    },

    write: async (principal, tenantId, { path, expected }, upload) => {
      // A body of some megabytes is not taken in for somebody who may not write.
      const { access } = await findWorkspace(db, principal, tenantId);
      if (!access.edit) throw readOnly();
      return spool.whole(upload, workspaceLimits.uploadBytes, async (content) => ({
        path,
        ...(await change(principal, tenantId, 'file.written', { kind: 'write', path, content, expected })),
      }));
    },

    makeFolder: async (principal, tenantId, path) => {
      await change(principal, tenantId, 'file.folder_made', { kind: 'folder', path });
    },

    move: async (principal, tenantId, path, to) => {
      await change(principal, tenantId, 'file.moved', { kind: 'move', path, to });
    },

    remove: async (principal, tenantId, path) => {
      await change(principal, tenantId, 'file.removed', { kind: 'remove', path });
    },

    versions: async (principal, tenantId, path) => {
      const { tenant } = await findWorkspace(db, principal, tenantId);
      return versionsOf(await listCheckpointRoots(db, tenant.organizationId, tenantId), path, blobs);
    },

    restore: async (principal, tenantId, { path, version, expected }) => {
      const { tenant } = await findWorkspace(db, principal, tenantId);
      const { content } = await findFile(tenant, { path, version });
      const what = { kind: 'write' as const, path, content, expected };
      try {
        return { path, ...(await change(principal, tenantId, 'file.restored', what, { version })) };
      } catch (error) {
        throw toldDamage(error);
      }
    },
  };
}

const isMemory = ({ path, version }: FileQuery) => path === 'MEMORY.md' && version === undefined;

async function textOf(file: HostedFile): Promise<Pick<WorkspaceFile, 'kind' | 'text' | 'hash'>> {
  if (file.bytes > workspaceLimits.textBytes) {
    file.close();
    return { kind: 'large', text: null, hash: null };
  }
  const content = await buffer(Readable.from(file.content)).catch((error: unknown) => {
    throw toldDamage(error);
  });
  const isText = isUtf8(content) && !content.includes(0);
  return {
    kind: isText ? 'text' : 'binary',
    text: isText ? content.toString('utf8') : null,
    hash: createHash('sha256').update(content).digest('hex'),
  };
}

const readOnly = () =>
  new ClawpoolError('not_allowed', 'You may read these files, not change them.', 'Ask the agent’s owner or an admin.');
