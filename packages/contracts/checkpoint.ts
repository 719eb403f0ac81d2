import { z } from 'zod';

/** Why a checkpoint was taken. Backups are the ones somebody, or a rule, decided to keep. */
export const checkpointCause = z.enum([
  'turn',
  'stop',
  'schedule',
  'backup',
  'before_delete',
  'before_restore',
  'before_rebuild',
  'clone',
  'migrate',
  'import',
]);
export type CheckpointCause = z.infer<typeof checkpointCause>;

/** An immutable snapshot of a tenant's files. */
export const checkpoint = z.object({
  id: z.string(),
  tenantId: z.string().describe('whose files; that tenant may be gone'),
  tenantName: z.string(),
  /** True when the tenant is deleted: only a new tenant can be made of it. */
  orphan: z.boolean(),
  cause: checkpointCause,
  /** Kept as a backup, beyond the few newest of the tenant. */
  backup: z.boolean(),
  pinned: z.boolean().describe('retention leaves it alone'),
  note: z.string(),
  image: z.string().describe('that the files were used with'),
  createdAt: z.iso.datetime(),
  /** When retention may remove it; null: never, because it is pinned or the newest of a living tenant. */
  expiresAt: z.iso.datetime().nullable(),
  files: z.int(),
  skipped: z.int().describe('entries that are not in it: they could not be read, or are neither file, folder nor link'),
  bytes: z.int().describe('of all files'),
  storedBytes: z.int().describe('that this checkpoint added to the blob store'),
  tookMs: z.int(),
  /** The root of its tree in the blob store, SHA-256. */
  root: z.string(),
});
export type Checkpoint = z.infer<typeof checkpoint>;

export const retention = z.object({
  /** Backups of living and of deleted tenants are kept this long. */
  days: z.int().min(1).max(3650),
  /** At most this many backups of one tenant. */
  backupsPerTenant: z.int().min(1).max(10_000),
  /** The newest checkpoints of a tenant that are no backups. */
  checkpointsPerTenant: z.int().min(1).max(1_000),
  /** Hours after which a running tenant is backed up again; 0: never by itself. */
  backupEveryHours: z.int().min(0).max(8760),
});
export type Retention = z.infer<typeof retention>;

/**
 * Content by its SHA-256: what is there is never changed, and putting it twice is putting it once. On disk or in an object storage
 * service; encrypted or not; whoever uses it does not know.
 */
export interface BlobStore {
  /** Resolves with the content's hash (64 hexadecimal digits) when it is safely stored. Error: `storage_full`. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredBlob>;
  /** Null: there is none. Rejects with DamagedBlobError when what is stored does not have its hash any more. */
  get(hash: string): Promise<Buffer | null>;
  /** For what does not fit into memory; verifies the hash at the end and fails then. Null: there is none. */
  stream(hash: string): Promise<AsyncIterable<Uint8Array> | null>;
  has(hash: string): Promise<boolean>;
  /** Only for collection, which knows that nothing refers to it. */
  delete(hash: string): Promise<void>;
  list(): AsyncIterable<{ hash: string; bytes: number; storedAt: Date }>;
}

export interface StoredBlob {
  hash: string;
  bytes: number;
  /** What it cost to store: 0 when the content was there already. */
  storedBytes: number;
}

/** What is stored under a hash is not what was put there. */
export class DamagedBlobError extends Error {
  readonly hash: string;
  constructor(hash: string, options?: ErrorOptions) {
    super(`The stored content ${hash} is damaged.`, options);
    this.name = 'DamagedBlobError';
    this.hash = hash;
  }
}
