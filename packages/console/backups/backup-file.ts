import { ClientError } from '@clawpool/client';
import { backupMediaType, type Checkpoint, errorBody, routes } from '@clawpool/contracts';

const address = (path: string) => `/api/v1${path}`;

/** Hands an exported backup to the browser's own downloads, which take files of any size and survive leaving the page. */
export function exportBackup(checkpointId: string): void {
  const link = document.createElement('a');
  link.href = address(routes.exportCheckpoint.path.replace(':checkpointId', encodeURIComponent(checkpointId)));
  // The file's name is the server's.
  link.download = '';
  link.click();
}

/** Whether a file begins as gzip does (RFC 1952, 2.3.1); anything else need not be sent to be refused. */
export async function looksLikeBackup(file: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}

/**
 * Sends an exported file. `fetch` cannot tell how far an upload has come; XMLHttpRequest can.
 * @throws ClientError as every call does; the signal's reason when it was aborted.
 */
export function importBackup(
  file: Blob,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (sentBytes: number) => void },
): Promise<Checkpoint> {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as Checkpoint);
      else reject(errorOf(request));
    };
    request.onerror = () => reject(new ClientError(0, 'unreachable', 'The server does not answer.'));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.open('POST', address(routes.importCheckpoint.path));
    request.setRequestHeader('content-type', backupMediaType);
    request.setRequestHeader('accept', 'application/json');
    request.send(file);
  });
}

function errorOf({ status, responseText }: XMLHttpRequest): ClientError {
  try {
    const { error } = errorBody.parse(JSON.parse(responseText));
    return new ClientError(status, error.code, error.message, { hint: error.hint, requestId: error.requestId });
  } catch {
    return new ClientError(status, 'invalid_response', `The answer (HTTP ${status}) did not come from Clawpool.`);
  }
}
