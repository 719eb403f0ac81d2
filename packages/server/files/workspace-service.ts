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
  type Host,
  type HostedFile,
  type HostedFolder,
  type OperationKind,
  type WorkspaceChange,
  type WorkspaceChanged,
  type WorkspaceFile,
  type WorkspaceFolder,
  workspaceLimits,
} from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import type { CheckpointService } from '../pool/checkpoints/checkpoint-service.ts';
import { findCheckpoint, findNewestRoot } from '../pool/checkpoints/checkpoint-store.ts';
import { findOpenOperation } from '../pool/operations/operation-store.ts';
import { effectiveValues } from '../pool/templates/template.ts';
import type { TenantRow } from '../pool/tenant-store.ts';
import type { Database, Queryable } from '../store/database.ts';
import { findStored, listStored, managedAs, toldDamage, versionsOf } from './stored-workspace.ts';
import type { UploadSpool } from './upload-spool.ts';
import { findWorkspace, listCheckpointRoots, lockFiles, noSuchAgent } from './workspace-store.ts';

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
  hosts: ReadonlyMap<string, Host>;
  /** Where checkpoints are. */
  blobs: BlobStore;
  checkpoints: Pick<CheckpointService, 'takeSoon'>;
  spool: UploadSpool;
}

/** They move or replace an agent's files: what was written meanwhile could be lost. */
const movingFiles: readonly OperationKind[] = ['create', 'reset', 'rebuild', 'restore', 'migrate', 'delete'];

export function createWorkspaceService(options: WorkspaceServiceOptions): WorkspaceService {
  const { database, hosts, blobs, checkpoints, spool } = options;
  const { db } = database;
  /** Tenants whose files this process changes just now. */
  const changing = new Set<string>();

  const hostOf = ({ hostId }: { hostId: string | null }) => (hostId === null ? undefined : hosts.get(hostId));

  /** As the files are on their host; where they are not on one, as the newest checkpoint has them. */
  async function look<T>(
    tenant: TenantRow,
    live: (host: Host, place: { tenantId: string; epoch: number }) => Promise<T>,
    stored: (root: string) => Promise<T>,
  ): Promise<{ found: T | null; takenAt: Date | null }> {
    const host = hostOf(tenant);
    try {
      if (host) return { found: await live(host, { tenantId: tenant.id, epoch: tenant.filesEpoch }), takenAt: null };
    } catch (error) {
      if (!(error instanceof ClawpoolError && error.code === 'not_found')) throw error;
    }
    const { checkpointRoot, checkpointAt } = tenant;
    return { found: checkpointRoot === null ? null : await stored(checkpointRoot), takenAt: checkpointAt };
  }

  async function findFile(tenant: TenantRow, { path, version }: FileQuery): Promise<HostedFile> {
    const stored = async (root: string) => {
      const found = await findStored(root, path, blobs);
      return found && { ...found, managed: managedAs(path), content: found.content(), close: () => {} };
    };
    const found =
      version === undefined
        ? (await look(tenant, (host, place) => host.openWorkspace(place, path), stored)).found
        : await stored(await rootOf(tenant, version));
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
      await audit(db, principal, tenant, 'file.read', { ...query }).catch((error: unknown) => {
        file.close();
        throw error;
      });
    }
    return { file, mayEdit: mayEdit(tenant, access) };
  }

  const mayEdit = (tenant: TenantRow, access: { edit: boolean }) => access.edit && hostOf(tenant) !== undefined;

  /** One change: locked against whatever else moves the agent's files, done, and written down, together. */
  async function change(
    principal: Principal,
    tenantId: string,
    action: string,
    what: WorkspaceChange,
    detail: Record<string, unknown> = {},
  ): Promise<WorkspaceChanged> {
    const { tenant, access } = await findWorkspace(db, principal, tenantId);
    if (!access.edit) throw readOnly();
    // A change holds a connection while the host is at work: many of one agent's would hold all there are.
    if (changing.has(tenantId)) throw beingChanged(tenant.name);
    changing.add(tenantId);
    const changed = await changeLocked(principal, tenant, action, what, detail).finally(() =>
      changing.delete(tenantId),
    );
    checkpoints.takeSoon(tenant.organizationId, tenantId);
    return changed;
  }

  function changeLocked(
    principal: Principal,
    tenant: TenantRow,
    action: string,
    what: WorkspaceChange,
    detail: Record<string, unknown>,
  ): Promise<WorkspaceChanged> {
    const { organizationId, id: tenantId } = tenant;
    return database.db.transaction(async (tx) => {
      const row = await lockFiles(tx, organizationId, tenantId);
      if (!row || row.state === 'deleted' || row.state === 'deleting') throw noSuchAgent();
      const operation = await findOpenOperation(tx, organizationId, tenantId);
      if (operation && movingFiles.includes(operation.kind)) throw busy(tenant.name);
      if (row.hostId === null) throw noFilesYet(tenant.name);
      const host = hostOf(row);
      if (!host) throw hostAway(tenant.name);
      const done = await host.changeWorkspace({
        tenantId,
        uid: row.uid,
        image: effectiveValues(tenant).image,
        files: { epoch: row.filesEpoch, checkpoint: await findNewestRoot(tx, tenantId) },
        change: what,
      });
      const { bytes } = done;
      const to = what.kind === 'move' ? { to: what.to } : {};
      await audit(tx, principal, tenant, action, {
        path: what.path,
        ...to,
        ...(bytes > 0 ? { bytes } : {}),
        ...detail,
      });
      return done;
    });
  }

  return {
    list: async (principal, tenantId, { path, offset }) => {
      const { tenant, access } = await findWorkspace(db, principal, tenantId);
      const page = { offset, limit: workspaceLimits.pageEntries };
      const { found, takenAt } = await look<HostedFolder | null>(
        tenant,
        (host, place) => host.listWorkspace(place, path, page),
        (root) => listStored(root, path, blobs, page),
      );
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
      const { file, mayEdit } = await found(principal, tenantId, query);
      const { bytes, modifiedAt, managed } = file;
      return {
        path: query.path,
        bytes,
        modifiedAt: modifiedAt.toISOString(),
        managed,
        mayEdit: mayEdit && managed === null && query.version === undefined,
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

async function audit(
  tx: Queryable,
  principal: Principal,
  tenant: TenantRow,
  action: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await recordAudit(tx, tenant.organizationId, {
    actor: { type: 'person', id: principal.userId, name: principal.name },
    action,
    target: { type: 'tenant', id: tenant.id, name: tenant.name },
    outcome: 'allowed',
    detail,
  });
}

const readOnly = () =>
  new ClawpoolError('not_allowed', 'You may read these files, not change them.', 'Ask the agent’s owner or an admin.');

const noFilesYet = (name: string) =>
  new ClawpoolError('conflict', `${name} has no workspace yet: it never ran.`, 'Send it a message first.');

const hostAway = (name: string) =>
  new ClawpoolError('unavailable', `The host that has the files of ${name} is not connected.`, 'Try again later.');

const beingChanged = (name: string) =>
  new ClawpoolError(
    'conflict',
    `The files of ${name} are busy: another change is under way.`,
    'Try again in a moment.',
  );

const busy = (name: string) =>
  new ClawpoolError('conflict', `The files of ${name} are being moved or replaced just now.`, 'Try again in a minute.');
