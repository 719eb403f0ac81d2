/** AWS KMS as its documentation says, as far as the blob store uses it: https://docs.aws.amazon.com/kms/latest/APIReference/ */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface FakeKms {
  endpoint: string;
  /** Master keys that exist. */
  masterKeys: Set<string>;
  /** Operations in order. */
  requests: string[];
  close(): Promise<void>;
}

export async function startFakeKms(...masterKeys: string[]): Promise<FakeKms> {
  const wrapped = new Map<string, { masterKey: string; plaintext: string }>();
  const server = createServer(async (request, response) => {
    const operation = `${request.headers['x-amz-target']}`.split('.')[1] ?? '';
    const body = (await json(request)) as { KeyId?: string; KeySpec?: string; CiphertextBlob?: string };
    kms.requests.push(operation);
    const respond = (status: number, value: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(value));
    if (operation === 'GenerateDataKey' && body.KeySpec === 'AES_256') {
      const masterKey = body.KeyId ?? '';
      if (!kms.masterKeys.has(masterKey)) return respond(400, { __type: 'NotFoundException', message: 'no such key' });
      const plaintext = randomBytes(32).toString('base64');
      const CiphertextBlob = randomBytes(64).toString('base64');
      wrapped.set(CiphertextBlob, { masterKey, plaintext });
      return respond(200, { KeyId: masterKey, Plaintext: plaintext, CiphertextBlob });
    }
    const key = wrapped.get(body.CiphertextBlob ?? '');
    if (!key) return respond(400, { __type: 'InvalidCiphertextException' });
    if (!kms.masterKeys.has(key.masterKey)) return respond(400, { __type: 'AccessDeniedException' });
    return respond(200, { KeyId: key.masterKey, Plaintext: key.plaintext });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kms: FakeKms = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    masterKeys: new Set(masterKeys),
    requests: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return kms;
}
