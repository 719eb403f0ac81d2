/**
 * S3's REST API as its documentation says, as far as the blob store uses it, in memory: https://docs.aws.amazon.com/AmazonS3/latest/API/
 * Buckets in the path. Listings have pages of three.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface FakeS3 {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  objects: Map<string, { content: Buffer; storedAt: Date }>;
  /** Uploads in parts that were begun and neither completed nor aborted. */
  uploads: Map<string, Map<number, Buffer>>;
  /** `PUT key`, in order. */
  requests: string[];
  /** What the next requests of that method are answered with. */
  failWith(method: string, status: number, code: string): void;
  close(): Promise<void>;
}

export async function startFakeS3(): Promise<FakeS3> {
  const failures = new Map<string, { status: number; code: string }>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => respondError(response, 500, 'InternalError', String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const s3: FakeS3 = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket: 'blobs',
    accessKeyId: 'AKIATEST',
    secretAccessKey: 'secret',
    objects: new Map(),
    uploads: new Map(),
    requests: [],
    failWith: (method, status, code) => failures.set(method, { status, code }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '' } = request;
    const { pathname, searchParams: query } = new URL(request.url ?? '', s3.endpoint);
    const [, bucket = '', ...rest] = decodeURIComponent(pathname).split('/');
    const key = rest.join('/');
    const body = await buffer(request);
    s3.requests.push(`${method} ${key}`);
    const failure = failures.get(method);
    if (failure) return respondError(response, failure.status, failure.code);
    if (!request.headers.authorization?.includes(`Credential=${s3.accessKeyId}/`)) {
      return respondError(response, 403, 'InvalidAccessKeyId');
    }
    if (bucket !== s3.bucket) return respondError(response, 404, 'NoSuchBucket');
    const claimed = request.headers['x-amz-content-sha256'];
    if (claimed !== 'UNSIGNED-PAYLOAD' && claimed !== createHash('sha256').update(body).digest('hex')) {
      return respondError(response, 400, 'XAmzContentSHA256Mismatch');
    }
    if (key === '') return list(query, response);
    const upload = query.get('uploadId');
    if (method === 'POST' && query.has('uploads')) return beginUpload(response);
    if (upload !== null) return answerUpload(method, key, upload, Number(query.get('partNumber')), body, response);
    if (method === 'PUT') {
      s3.objects.set(key, { content: body, storedAt: new Date() });
      return void response.writeHead(200, { etag: '"etag"' }).end();
    }
    if (method === 'DELETE') {
      s3.objects.delete(key);
      return void response.writeHead(204).end();
    }
    const found = s3.objects.get(key);
    if (!found) return respondError(response, 404, method === 'HEAD' ? 'NotFound' : 'NoSuchKey');
    response.writeHead(200, { 'content-length': found.content.length, etag: '"etag"' });
    response.end(method === 'HEAD' ? undefined : found.content);
  }

  function list(query: URLSearchParams, response: ServerResponse): void {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? '';
    const keys = [...s3.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, 3);
    const isTruncated = keys.length > page.length;
    const contents = page.map((key) => {
      const { content, storedAt } = s3.objects.get(key) as { content: Buffer; storedAt: Date };
      const time = storedAt.toISOString();
      return `<Contents><Key>${key}</Key><Size>${content.length}</Size><LastModified>${time}</LastModified></Contents>`;
    });
    const next = isTruncated ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    respondXml(
      response,
      `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    );
  }

  function beginUpload(response: ServerResponse): void {
    const id = randomUUID();
    s3.uploads.set(id, new Map());
    respondXml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  function answerUpload(method: string, key: string, id: string, part: number, body: Buffer, response: ServerResponse) {
    const parts = s3.uploads.get(id);
    if (!parts) return respondError(response, 404, 'NoSuchUpload');
    if (method === 'PUT') {
      parts.set(part, body);
      return void response.writeHead(200, { etag: `"part-${part}"` }).end();
    }
    s3.uploads.delete(id);
    if (method === 'DELETE') return void response.writeHead(204).end();
    const named = [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, number]) => Number(number));
    const content = Buffer.concat(named.map((number) => parts.get(number) ?? Buffer.alloc(0)));
    s3.objects.set(key, { content, storedAt: new Date() });
    respondXml(response, '<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>');
  }

  return s3;
}

function respondXml(response: ServerResponse, xml: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(`<?xml version="1.0" encoding="UTF-8"?>${xml}`);
}

function respondError(response: ServerResponse, status: number, code: string, message = code): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
