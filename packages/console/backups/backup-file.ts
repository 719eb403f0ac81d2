import { backupMediaType, type Checkpoint } from '@clawpool/contracts';
import { fileAddress, saveFile, uploadFile } from '../api/files.ts';

/** Hands an exported backup to the browser's own downloads. */
export function exportBackup(checkpointId: string): void {
  saveFile(fileAddress('exportCheckpoint', { checkpointId }));
}

/** Whether a file begins as gzip does (RFC 1952, 2.3.1); anything else need not be sent to be refused. */
export async function looksLikeBackup(file: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

/**
 * Sends an exported file.
 * @throws ClientError as every call does; the signal's reason when it was aborted.
 */
export function importBackup(
  file: Blob,
  options: { signal: AbortSignal; onProgress: (sentBytes: number) => void },
): Promise<Checkpoint> {
  return uploadFile(fileAddress('importCheckpoint'), backupMediaType, file, options);
}
