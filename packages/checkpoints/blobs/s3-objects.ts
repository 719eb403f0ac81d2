import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { S3Client } from '@aws-sdk/client-s3';
import { ClawpoolError } from '@clawpool/contracts';
import type { Content, ObjectStore } from './object-store.ts';

export interface S3Settings {
  bucket: string;
  /** Before every name, for example `clawpool/`. */
  prefix: string;
  region: string;
  /** Of another service that speaks S3. */
  endpoint?: string | undefined;
  pathStyle: boolean;
  /** Absent: where the AWS SDK looks for credentials. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
}

/** S3 takes at most 10,000 parts of an upload, at least 5 MiB each: this is good for 156 GiB. */
const partBytes = 16 * 1024 * 1024;

/**
 * Objects in a bucket, which has to exist. The service guards its content with checksums of its own; what is given out is verified
 * by the blob store all the same. Objects without a length known from the start are written to a temporary file first.
 *
 * @throws ClawpoolError `unavailable` with what to do, `storage_full`
 */
export async function openS3Objects(settings: S3Settings): Promise<ObjectStore> {
  // Loaded only where it is used: the SDK takes a while.
  const s3 = await import('@aws-sdk/client-s3');
  const client = clientOf(s3, settings);
  const at = (name: string) => ({ Bucket: settings.bucket, Key: settings.prefix + name });
  const failed = explain(settings);

  const head = (name: string) =>
    client
      .send(new s3.HeadObjectCommand(at(name)))
      .catch(nullWhenMissing)
      .catch(failed);

  async function body(name: string): Promise<Readable | null> {
    const answer = await client
      .send(new s3.GetObjectCommand(at(name)))
      .catch(nullWhenMissing)
      .catch(failed);
    return (answer?.Body as Readable | undefined) ?? null;
  }

  async function putWhole(name: string, content: Uint8Array): Promise<void> {
    await client.send(new s3.PutObjectCommand({ ...at(name), Body: content })).catch(failed);
  }

  async function putInParts(name: string, path: string): Promise<void> {
    const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(at(name))).catch(failed);
    try {
      const Parts: { ETag: string | undefined; PartNumber: number }[] = [];
      for await (const piece of createReadStream(path, { highWaterMark: partBytes })) {
        const PartNumber = Parts.length + 1;
        const part = new s3.UploadPartCommand({ ...at(name), UploadId, PartNumber, Body: piece });
        const { ETag } = await client.send(part).catch(failed);
        Parts.push({ ETag, PartNumber });
      }
      const complete = new s3.CompleteMultipartUploadCommand({ ...at(name), UploadId, MultipartUpload: { Parts } });
      await client.send(complete).catch(failed);
    } catch (error) {
      // Parts of an upload that never ends are paid for. The first error is the one to tell.
      await client.send(new s3.AbortMultipartUploadCommand({ ...at(name), UploadId })).catch(() => {});
      throw error;
    }
  }

  async function write(content: Content, nameWhenRead: () => Promise<string | null>): Promise<void> {
    if (content instanceof Uint8Array) {
      const name = await nameWhenRead();
      return name === null ? undefined : putWhole(name, content);
    }
    const path = join(tmpdir(), `clawpool-upload-${randomUUID()}`);
    try {
      const bytes = await spool(content, path);
      const name = await nameWhenRead();
      if (name === null) return;
      await (bytes <= partBytes ? putWhole(name, await buffer(createReadStream(path))) : putInParts(name, path));
    } finally {
      await rm(path, { force: true });
    }
  }

  return {
    write,
    read: async (name) => {
      const found = await body(name);
      return found && buffer(found).catch(failed);
    },
    stream: async (name) => ((await head(name)) ? streamOf(name) : null),
    exists: async (name) => (await head(name)) !== null,
    holds: async (name, bytes) => (await head(name))?.ContentLength === bytes,
    remove: async (name) => {
      await client.send(new s3.DeleteObjectCommand(at(name))).catch(failed);
    },
    list: async function* (folder) {
      let ContinuationToken: string | undefined;
      do {
        const Prefix = settings.prefix + (folder === undefined ? '' : `${folder}/`);
        const page = await client
          .send(new s3.ListObjectsV2Command({ Bucket: settings.bucket, Prefix, ContinuationToken }))
          .catch(failed);
        for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
          yield { name: Key.slice(settings.prefix.length), bytes: Size, storedAt: LastModified };
        }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
    },
  };

  /** Asked for when it is read: whoever never reads keeps no connection. */
  async function* streamOf(name: string): AsyncGenerator<Uint8Array> {
    const found = await body(name);
    if (!found) throw new ClawpoolError('unavailable', `${name} has gone from the bucket ${settings.bucket}.`);
    try {
      yield* found;
    } catch (error) {
      failed(error as Error);
    }
  }
}

function clientOf({ S3Client }: typeof import('@aws-sdk/client-s3'), settings: S3Settings): S3Client {
  const { region, endpoint, pathStyle, accessKeyId, secretAccessKey } = settings;
  return new S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
    // The SDK's newer checksums in trailers are unknown to many services that speak S3.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 120_000 },
  });
}

async function spool(content: AsyncIterable<Uint8Array>, path: string): Promise<number> {
  let bytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const piece of content) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

interface ServiceError extends NodeJS.ErrnoException {
  $metadata?: { httpStatusCode?: number };
}

function nullWhenMissing(error: ServiceError): null {
  const missing =
    error.name === 'NoSuchKey' || (error.name !== 'NoSuchBucket' && error.$metadata?.httpStatusCode === 404);
  if (missing) return null;
  throw error;
}

/** Errors of S3 and what to do about each: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function explain({ bucket, region, endpoint }: S3Settings): (error: ServiceError) => never {
  const where = endpoint ?? `S3 in ${region}`;
  return (error) => {
    const status = error.$metadata?.httpStatusCode;
    const say = (code: 'unavailable' | 'storage_full', message: string, hint: string) =>
      new ClawpoolError(code, message, hint, { cause: error });
    if (error instanceof ClawpoolError) throw error;
    if (error.name === 'NoSuchBucket' || error.name === 'PermanentRedirect') {
      throw say(
        'unavailable',
        `There is no bucket ${bucket} at ${where}.`,
        'Make the bucket, or check blobs.s3.bucket, region and endpoint in the configuration file.',
      );
    }
    if (status === 507 || /storage ?full|quota/i.test(error.name)) {
      throw say(
        'storage_full',
        `The bucket ${bucket} is full.`,
        'Raise its quota, or shorten how long checkpoints are kept.',
      );
    }
    if (status === 401 || status === 403 || error.name === 'CredentialsProviderError') {
      throw say(
        'unavailable',
        `${where} does not accept the credentials for the bucket ${bucket} (${error.name}).`,
        'Check accessKeyId and secretAccessKey, or the AWS variables of the environment; they need to list, read, write and delete objects in it.',
      );
    }
    throw say(
      'unavailable',
      `${where} did not do what the blob store asked for: ${error.code ?? error.name}${status ? `, HTTP ${status}` : ''}.`,
      'Check that it can be reached from here; what was not stored is tried again.',
    );
  };
}
