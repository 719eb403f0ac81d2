import {
  ClawpoolError,
  type Host,
  type OperationKind,
  type WorkspaceChange,
  type WorkspaceChanged,
} from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import type { AuditActor } from '../organization/people/person.ts';
import type { CheckpointService } from '../pool/checkpoints/checkpoint-service.ts';
import { findNewestRoot } from '../pool/checkpoints/checkpoint-store.ts';
import { findOpenOperation } from '../pool/operations/operation-store.ts';
import { effectiveValues } from '../pool/templates/template.ts';
import type { TenantRow } from '../pool/tenant-store.ts';
import type { Database, Queryable } from '../store/database.ts';
import { lockFiles, noSuchAgent } from './workspace-store.ts';

/** Changes agents' workspaces, for whoever was found to be allowed to. */
export interface WorkspaceWriter {
  /**
   * One change: locked against whatever else moves the agent's files, done, and written down, together; versioned by the checkpoint that follows.
   * Errors: `conflict`, `not_found`, `storage_full`, `unavailable`.
   */
  change(
    actor: AuditActor,
    tenant: TenantRow,
    action: string,
    what: WorkspaceChange,
    detail?: Record<string, unknown>,
  ): Promise<WorkspaceChanged>;
}

export interface WorkspaceWriterOptions {
  database: Database;
  hosts: ReadonlyMap<string, Host>;
  checkpoints: Pick<CheckpointService, 'takeSoon'>;
}

/** They move or replace an agent's files: what was written meanwhile could be lost. */
const movingFiles: readonly OperationKind[] = ['create', 'reset', 'rebuild', 'restore', 'migrate', 'delete'];

export function createWorkspaceWriter({ database, hosts, checkpoints }: WorkspaceWriterOptions): WorkspaceWriter {
  /** Tenants whose files this process changes just now. */
  const changing = new Set<string>();

  return {
    change: async (actor, tenant, action, what, detail = {}) => {
      // A change holds a connection while the host is at work: many of one agent's would hold all there are.
      if (changing.has(tenant.id)) throw beingChanged(tenant.name);
      changing.add(tenant.id);
      const changed = await changeLocked(actor, tenant, action, what, detail).finally(() => changing.delete(tenant.id));
      checkpoints.takeSoon(tenant.organizationId, tenant.id);
      return changed;
    },
  };

  function changeLocked(
    actor: AuditActor,
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
      const host = hosts.get(row.hostId);
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
      await auditFile(tx, actor, tenant, action, {
        path: what.path,
        ...to,
        ...(bytes > 0 ? { bytes } : {}),
        ...detail,
      });
      return done;
    });
  }
}

/** Who did what with which file of an agent: the path, never the content. */
export async function auditFile(
  tx: Queryable,
  actor: AuditActor,
  tenant: TenantRow,
  action: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await recordAudit(tx, tenant.organizationId, {
    actor,
    action,
    target: { type: 'tenant', id: tenant.id, name: tenant.name },
    outcome: 'allowed',
    detail,
  });
}

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
