import type { Host, Operation, OperationRequest } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { type CheckpointService, createCheckpointService } from '../pool/checkpoints/checkpoint-service.ts';
import { createTenantPool, type TenantPool } from '../pool/tenant-service.ts';
import { connect, type Database } from '../store/database.ts';
import { listenForNotifications, type NotificationListener } from '../store/notifications.ts';
import { takeOwnership } from '../store/ownership.ts';
import { operations, reservations, tenants } from '../store/schema/index.ts';
import { createScriptedHost, type ScriptedHost } from './scripted-host.ts';

/** A process with the pool as the control plane puts it together, on scripted hosts. */
export interface PoolWorld {
  /** The host named `local`. */
  host: ScriptedHost;
  hosts: ReadonlyMap<string, ScriptedHost>;
  pool: TenantPool;
  checkpoints: CheckpointService;
  notifications: NotificationListener;
  owner: string;
  /** What went wrong without a caller. */
  errors: unknown[];
  /** Asks for an operation in the organization `org`, and resolves when it is over. */
  operate(tenantId: string, request: OperationRequest, requestedBy?: string): Promise<Operation>;
  /** Resolves when it is over. */
  over(operationId: string): Promise<Operation>;
  /** Ends as `kill -9` would: nothing is finished or given up, the connection with the owner's lock breaks. */
  die(): Promise<void>;
  close(): Promise<void>;
}

export async function startPoolWorld(
  { connection, kind }: Database,
  hosts: ReadonlyMap<string, ScriptedHost> = new Map([['local', createScriptedHost()]]),
): Promise<PoolWorld> {
  // Connections of its own, as a process has: those that a killed one holds stay with it.
  const database = await connect({ connection, kind, onProgress: () => {} });
  const lock = await takeOwnership(database.connection);
  const { owner } = lock;
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const notifications = await listenForNotifications(database.connection);
  const real: ReadonlyMap<string, Host> = hosts;
  const checkpoints = createCheckpointService({ database, hosts: real, onError });
  const pool = await createTenantPool({
    database,
    hosts: real,
    model: { id: 'demo/demo', contextWindow: 100_000, maxOutputTokens: 1_000 },
    checkpoints,
    notifications,
    owner,
    onError,
  });
  pool.start();
  const host = hosts.get('local');
  if (!host) throw new Error('a world has a host named local');

  async function over(operationId: string): Promise<Operation> {
    for (let waited = 0; waited < 1_000; waited++) {
      // The database may just be away: that is what some tests are about.
      const found = await pool.operations.find('org', operationId).catch(() => null);
      if (found?.finishedAt) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`operation ${operationId} does not end`);
  }

  return {
    ...{ host, hosts, pool, checkpoints, notifications, owner, errors, over },
    operate: async (tenantId, request, requestedBy = 'Olga') => {
      const made = await pool.operations.request({ organizationId: 'org', tenantId, request, requestedBy });
      return over(made.id);
    },
    die: async () => {
      await notifications.close();
      await lock.close();
    },
    close: async () => {
      await pool.close();
      await checkpoints.close();
      await notifications.close();
      await lock.close();
      await database.close();
    },
  };
}

/** What a test looks at, by the tenant's id. */
export const tenantRow = async ({ db }: Database, id: string) => {
  const [row] = await db.select().from(tenants).where(eq(tenants.id, id));
  if (!row) throw new Error(`there is no tenant ${id}`);
  return row;
};
export const reservationsOf = async ({ db }: Database, ownerId: string) =>
  db.select().from(reservations).where(eq(reservations.ownerId, ownerId));
export const operationRows = async ({ db }: Database, tenantId: string) =>
  db.select().from(operations).where(eq(operations.tenantId, tenantId)).orderBy(operations.createdAt);
