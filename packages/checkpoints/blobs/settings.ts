import { join } from 'node:path';
import type { BlobStore } from '@clawpool/contracts';
import { z } from 'zod';
import { keysOfStore, parseKeys } from './blob-keys.ts';
import { createBlobStore } from './blob-store.ts';
import { openObjectFolder } from './folder-objects.ts';
import { openKms } from './kms-keys.ts';
import type { ObjectStore } from './object-store.ts';
import { openS3Objects } from './s3-objects.ts';
import { plainSeal, sealWith } from './seal.ts';

/** Where blobs are and how they are written. `{}`: in the data folder, as they are. */
export const blobStoreSettings = z.strictObject({
  folder: z.string().min(1).optional().describe('absolute path; absent: `blobs` in the data folder'),
  s3: z
    .strictObject({
      bucket: z.string().min(1),
      prefix: z.string().default('').describe('before every name, for example `clawpool/`'),
      region: z.string().default('us-east-1'),
      endpoint: z.url().optional().describe('of another service than AWS that speaks S3'),
      pathStyle: z
        .boolean()
        .default(false)
        .describe('the bucket in the path and not in the host name, as MinIO likes it'),
      accessKeyId: z.string().min(1).optional().describe('absent: where the AWS SDK looks for credentials'),
      secretAccessKey: z.string().min(1).optional(),
    })
    .optional()
    .describe('in an object storage service and not in a folder'),
  encryption: z
    .strictObject({
      keys: z.array(z.string()).min(1).optional().describe('32 bytes each in base64 or hex, the newest first'),
      kms: z
        .strictObject({
          keyId: z.string().min(1),
          region: z.string().optional(),
          endpoint: z.url().optional(),
        })
        .optional()
        .describe('a key that AWS KMS keeps'),
    })
    .optional(),
});
export type BlobStoreSettings = z.infer<typeof blobStoreSettings>;

/** CLAWPOOL_BLOB_KEY: 32 bytes in base64 or hexadecimal digits; several with commas between, the newest first. */
export function blobSettingsFromEnvironment(variables: Readonly<Record<string, string | undefined>>): {
  encryption?: { keys: string[] };
} {
  const keys = (variables.CLAWPOOL_BLOB_KEY ?? '').split(',').map((key) => key.trim());
  const given = keys.filter((key) => key !== '');
  return given.length === 0 ? {} : { encryption: { keys: given } };
}

/** What is kept apart: checkpoints, which are collected, and attachments of messages, which are deleted one by one. */
export type BlobArea = 'checkpoints' | 'attachments';

/**
 * The blob store that the configuration describes. Blobs written before encryption was turned on, or with an older key, stay readable.
 *
 * @throws ClawpoolError with what to do: `invalid_request` for a key that is wrong or missing, `unavailable` when folder, S3 or KMS do not
 * let us, `storage_full`
 */
export async function openBlobStore(
  settings: BlobStoreSettings,
  dataFolder: string,
  area: BlobArea = 'checkpoints',
): Promise<BlobStore> {
  const given = parseKeys(settings.encryption?.keys ?? []);
  const kms = settings.encryption?.kms;
  const objects = settings.s3
    ? await openS3Objects(
        area === 'checkpoints' ? settings.s3 : { ...settings.s3, prefix: `${settings.s3.prefix}${area}/` },
      )
    : await openObjectFolder(folderOf(settings, dataFolder, area));
  return openWithKeys(objects, given, kms ? await openKms(kms) : undefined);
}

/** Beside each other, since a collector of one must not meet the other. */
function folderOf({ folder }: BlobStoreSettings, dataFolder: string, area: BlobArea): string {
  if (area === 'checkpoints') return folder ?? join(dataFolder, 'blobs');
  return folder === undefined ? join(dataFolder, area) : `${folder.replace(/\/+$/u, '')}-${area}`;
}

/** As they are, below `folder`: `ab/cdef…`, each file readable by its owner only. Errors: `storage_full`, `unavailable`. */
export async function openBlobFolder(folder: string): Promise<BlobStore> {
  return createBlobStore(await openObjectFolder(folder), [plainSeal]);
}

async function openWithKeys(
  objects: ObjectStore,
  ...keys: [Parameters<typeof keysOfStore>[1], Parameters<typeof keysOfStore>[2]]
) {
  const [writer, ...older] = await keysOfStore(objects, ...keys);
  return createBlobStore(objects, writer ? [sealWith(writer), ...older.map(sealWith), plainSeal] : [plainSeal]);
}
