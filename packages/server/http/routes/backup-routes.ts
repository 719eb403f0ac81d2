import { backupRoutes } from '@clawpool/contracts';
import type { BackupService } from '../../pool/checkpoints/backup-service.ts';
import type { Housekeeping } from '../../pool/checkpoints/housekeeping.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface BackupRoutesOptions {
  backups: BackupService;
  housekeeping: Housekeeping;
}

export function registerBackupRoutes(app: HttpApp, { backups, housekeeping }: BackupRoutesOptions): void {
  registerRoutes(app, backupRoutes, {
    listCheckpoints: ({ principal, query }) => backups.list(principal, query),
    changeCheckpoint: ({ principal, params, body }) => backups.change(principal, params.checkpointId, body),
    deleteCheckpoint: ({ principal, params }) => backups.remove(principal, params.checkpointId),
    verifyCheckpoint: ({ principal, params }) => backups.verify(principal, params.checkpointId),
    exportCheckpoint: ({ principal, params }) => backups.export(principal, params.checkpointId),
    importCheckpoint: ({ principal, upload }) => backups.import(principal, upload),
    retention: ({ principal }) => backups.retention(principal),
    setRetention: ({ principal, body }) => backups.setRetention(principal, body),
    collectBlobs: async ({ principal }) => {
      const { checkpoints, blobs, bytes } = await housekeeping.collect();
      return { checkpoints: checkpoints.get(principal.organizationId) ?? 0, blobs, bytes };
    },
  });
}
