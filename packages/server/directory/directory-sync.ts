import type { Database } from '../store/database.ts';
import { createSeal } from '../store/seal.ts';
import { directoryDrivers } from './drivers.ts';
import { createDirectoryMappingService, type DirectoryMappingService } from './mapping/mapping-service.ts';
import { createScimGroupService, type ScimGroupService } from './scim/scim-group-service.ts';
import { createScimTokenService, type ScimTokenService } from './scim/scim-token-service.ts';
import { createScimUserService, type ScimUserService } from './scim/scim-user-service.ts';
import { type DirectoryWorker, startDirectoryWorker } from './sources/run-worker.ts';
import { createDirectorySourceService, type DirectorySourceService } from './sources/source-service.ts';

export interface DirectorySyncOptions {
  database: Database;
  /** The installation's: credentials of apps are sealed with it. */
  secret: string;
  /** Addresses of this machine are for operators alone, unless this says that they are not. */
  allowThisMachine?: boolean;
  /** Names this process's leases; its advisory lock is held by the caller. */
  owner: string;
  onError: (error: unknown) => void;
}

export interface DirectorySync {
  tokens: ScimTokenService;
  mappings: DirectoryMappingService;
  sources: DirectorySourceService;
  users: ScimUserService;
  groups: ScimGroupService;
  /** Runs begin from now on. */
  start(): void;
  /** A run that is under way is left as it is: the next process goes on with it. */
  close(): Promise<void>;
}

/** Where people come from besides the console: SCIM clients, and platforms that are read. */
export function createDirectorySync(options: DirectorySyncOptions): DirectorySync {
  const { database, secret, owner, onError, allowThisMachine = false } = options;
  const seal = createSeal(secret, 'directory');
  const drivers = directoryDrivers;
  let worker: DirectoryWorker | null = null;
  return {
    tokens: createScimTokenService(database),
    mappings: createDirectoryMappingService(database),
    sources: createDirectorySourceService({ database, seal, drivers, allowThisMachine, onRun: () => worker?.look() }),
    users: createScimUserService(database),
    groups: createScimGroupService(database),
    start: () => {
      worker ??= startDirectoryWorker({ database, seal, drivers, owner, onError });
    },
    close: async () => worker?.close(),
  };
}
