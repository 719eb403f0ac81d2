import { ClawpoolError } from '@clawpool/contracts';
import type { KeyService } from './blob-keys.ts';

export interface KmsSettings {
  /** Key id, ARN or alias of a symmetric key. */
  keyId: string;
  region?: string | undefined;
  /** Another address than AWS's. */
  endpoint?: string | undefined;
}

/**
 * Data keys from AWS KMS: GenerateDataKey once per store, Decrypt at every start. Credentials come from where the AWS SDK looks for them.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
 */
export async function openKms({ keyId, region, endpoint }: KmsSettings): Promise<KeyService> {
  // Loaded only where it is used: the SDK takes a while.
  const { KMSClient, GenerateDataKeyCommand, DecryptCommand } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000 },
  });
  return {
    masterKey: keyId,
    newKey: async () => {
      const answer = await client
        .send(new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256' }))
        .catch(explain(keyId));
      if (!answer.Plaintext || !answer.CiphertextBlob) throw incomplete(keyId);
      return {
        secret: Buffer.from(answer.Plaintext),
        wrapped: Buffer.from(answer.CiphertextBlob).toString('base64'),
      };
    },
    unwrap: async (wrapped) => {
      const answer = await client
        .send(new DecryptCommand({ CiphertextBlob: Buffer.from(wrapped, 'base64') }))
        .catch(explain(keyId));
      if (!answer.Plaintext) throw incomplete(keyId);
      return Buffer.from(answer.Plaintext);
    },
  };
}

function explain(keyId: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    const hint =
      hints[error.name] ??
      'Check that KMS can be reached from here and that AWS credentials are set, then start again.';
    throw new ClawpoolError(
      'unavailable',
      `KMS does not give the blob store's key (${keyId}): ${error.code ?? error.name}.`,
      hint,
      {
        cause: error,
      },
    );
  };
}

const hints: Record<string, string> = {
  AccessDeniedException: 'The credentials need kms:GenerateDataKey and kms:Decrypt on that key.',
  UnrecognizedClientException: 'The credentials are not valid: check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  NotFoundException: 'There is no such key in that region: check blobs.encryption.kms.',
  DisabledException: 'The key is disabled: enable it in KMS.',
  KMSInvalidStateException: 'The key is not enabled, or about to be deleted: look at it in KMS.',
  InvalidCiphertextException:
    'The store’s key was wrapped by another KMS: check region and endpoint in blobs.encryption.kms.',
  IncorrectKeyException: 'The store’s key was wrapped with another master key: check blobs.encryption.kms.',
};

const incomplete = (keyId: string) =>
  new ClawpoolError('unavailable', `KMS answered without a key for ${keyId}.`, 'Check blobs.encryption.kms.endpoint.');
