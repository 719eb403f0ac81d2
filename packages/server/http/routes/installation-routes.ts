import { type Host, type Installation, installationRoutes, type Status } from '@clawpool/contracts';
import { countTurns } from '../../conversations/turn-store.ts';
import { countTenants } from '../../pool/tenant-store.ts';
import type { Database } from '../../store/database.ts';
import type { HttpApp } from '../app.ts';
import { registerRoutes } from '../register.ts';

export interface InstallationRoutesOptions {
  database: Database;
  host: Host;
  version: string;
  startedAt: Date;
  dataFolder: string;
  model: Status['model'];
  sampleOrganization: () => Promise<boolean>;
}

export function registerInstallationRoutes(app: HttpApp, options: InstallationRoutesOptions): void {
  const { database, host, version } = options;
  registerRoutes(app, installationRoutes, {
    installation: async (): Promise<Installation> => ({
      version,
      unsafeDriver: !(await host.describe()).isolates,
      sampleOrganization: await options.sampleOrganization(),
    }),
    status: async ({ principal }): Promise<Status> => {
      const { driver, isolates, why, limits, notes, image } = await host.describe();
      return {
        version,
        startedAt: options.startedAt.toISOString(),
        data: options.dataFolder,
        database: { kind: database.kind, version: database.version },
        driver: { name: driver, isolates, why, limits, notes },
        image,
        model: options.model,
        tenants: await countTenants(database.db, principal.organizationId),
        turns: await countTurns(database.db, principal.organizationId),
      };
    },
  });
}
