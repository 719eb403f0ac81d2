import type { Host } from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import type { HostedRuntimes } from './hosted-runtimes.ts';
import { isMemory } from './kept-memory.ts';
import { OutdatedFilesError, type TenantFolders } from './tenant-folders.ts';
import type { PresentWorkspace } from './workspace-files.ts';
import { changeFile, listFolder, openFile } from './workspace-files.ts';

/** What people do in tenants' workspaces, one after the other for one tenant, and never while its files are put in place. */
export function hostedWorkspaces(options: {
  runtimes: HostedRuntimes;
  files: TenantFolders;
  defaultImage: string;
  /** The host user of a tenant's uid. */
  ownerOf: (uid: number) => number | undefined;
}): Pick<Host, 'listWorkspace' | 'openWorkspace' | 'changeWorkspace'> {
  const { runtimes, files, defaultImage, ownerOf } = options;

  async function brought({ tenantId, ...request }: Parameters<Host['changeWorkspace']>[0]): Promise<PresentWorkspace> {
    const { epoch } = request.files;
    const present = await files.workspaceOf(tenantId, epoch).catch((error: unknown) => {
      if (error instanceof ClawpoolError && error.code === 'not_found') return null;
      throw error;
    });
    if (present) return present;
    const { image, uid } = request;
    await files
      .putInPlace({ tenantId, files: request.files, image: image ?? defaultImage, owner: ownerOf(uid) })
      .catch((error: unknown) => {
        throw error instanceof OutdatedFilesError ? replacedMeanwhile() : error;
      });
    return files.workspaceOf(tenantId, epoch);
  }

  return {
    listWorkspace: ({ tenantId, epoch }, path, page) =>
      runtimes.withFiles(tenantId, async () => listFolder(await files.workspaceOf(tenantId, epoch), path, page)),
    openWorkspace: ({ tenantId, epoch }, path) =>
      runtimes.withFiles(tenantId, async () => openFile(await files.workspaceOf(tenantId, epoch), path)),
    changeWorkspace: (request) =>
      runtimes.withFiles(request.tenantId, async (runtime) => {
        const { tenantId, files: source, change } = request;
        const place = runtime ? await files.workspaceOf(tenantId, source.epoch) : await brought(request);
        const paths = 'to' in change ? [change.path, change.to] : [change.path];
        if (paths.some(isMemory) && files.isTriedOut(tenantId)) throw isTriedOut();
        return changeFile(place, change);
      }),
  };
}

/** It would be gone with what the test leaves. */
const isTriedOut = () =>
  new ClawpoolError(
    'conflict',
    'An admin is just trying this agent out; afterwards its memory is what it was before.',
    'Change it in a few minutes.',
  );

const replacedMeanwhile = () =>
  new ClawpoolError('conflict', 'The agent’s files were replaced just now.', 'Load the folder again, then repeat it.');
