import { filesRoutes } from '@clawpool/contracts';
import type { ProfileService } from '../../files/profile-service.ts';
import type { WorkspaceService } from '../../files/workspace-service.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface FilesRoutesOptions {
  workspaces: WorkspaceService;
  profiles: ProfileService;
}

export function registerFilesRoutes(app: HttpApp, { workspaces, profiles }: FilesRoutesOptions): void {
  registerRoutes(app, filesRoutes, {
    listFiles: ({ principal, params, query }) => workspaces.list(principal, params.tenantId, query),
    openFile: ({ principal, params, query }) => workspaces.open(principal, params.tenantId, query),
    downloadFile: ({ principal, params, query }) => workspaces.download(principal, params.tenantId, query),
    writeFile: ({ principal, params, query, upload }) => workspaces.write(principal, params.tenantId, query, upload),
    makeFolder: ({ principal, params, body }) => workspaces.makeFolder(principal, params.tenantId, body.path),
    moveFile: ({ principal, params, body }) => workspaces.move(principal, params.tenantId, body.path, body.to),
    removeFile: ({ principal, params, query }) => workspaces.remove(principal, params.tenantId, query.path),
    listFileVersions: async ({ principal, params, query }) => ({
      versions: await workspaces.versions(principal, params.tenantId, query.path),
    }),
    restoreFile: ({ principal, params, body }) => workspaces.restore(principal, params.tenantId, body),
    myProfile: ({ principal }) => profiles.get(principal),
    saveAbout: ({ principal, body }) => profiles.saveAbout(principal, body),
  });
}
