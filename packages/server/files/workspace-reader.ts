import { type BlobStore, ClawpoolError, type Host, type HostedFile, type HostedFolder } from '@clawpool/contracts';
import type { TenantRow } from '../pool/tenant-store.ts';
import { findStored, listStored, managedAs } from './stored-workspace.ts';

/** Reads agents' workspaces: as the files are on their host; where they are not on one, as the newest checkpoint has them. */
export interface WorkspaceReader {
  hostOf(tenant: { hostId: string | null }): Host | undefined;
  /** A page of a folder; `found` null: there is none. `takenAt`: of the checkpoint that was looked at instead; null: as it is now. */
  folder(
    tenant: TenantRow,
    path: string,
    page: { offset: number; limit: number },
  ): Promise<{ found: HostedFolder | null; takenAt: Date | null }>;
  /** A file as it is now, or as the checkpoint with this root has it. Null: there is none. */
  file(tenant: TenantRow, path: string, root?: string): Promise<HostedFile | null>;
}

export function createWorkspaceReader({
  hosts,
  blobs,
}: {
  hosts: ReadonlyMap<string, Host>;
  /** Where checkpoints are. */
  blobs: BlobStore;
}): WorkspaceReader {
  const hostOf: WorkspaceReader['hostOf'] = ({ hostId }) => (hostId === null ? undefined : hosts.get(hostId));

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

  return {
    hostOf,
    folder: (tenant, path, page) =>
      look(
        tenant,
        (host, place) => host.listWorkspace(place, path, page),
        (root) => listStored(root, path, blobs, page),
      ),
    file: async (tenant, path, root) => {
      const stored = async (at: string): Promise<HostedFile | null> => {
        const found = await findStored(at, path, blobs);
        return found && { ...found, managed: managedAs(path), content: found.content(), close: () => {} };
      };
      if (root !== undefined) return stored(root);
      return (await look(tenant, (host, place) => host.openWorkspace(place, path), stored)).found;
    },
  };
}
