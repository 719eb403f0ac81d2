import { ClientError } from '@clawpool/client';
import { errorBody, type Route, type RouteName, routes } from '@clawpool/contracts';

/** Where a file of the API is, for a link of the page or for an upload. `params` and `query` are the route's. */
export function fileAddress(
  name: RouteName,
  params: Readonly<Record<string, string>> = {},
  query: Readonly<Record<string, string>> = {},
): string {
  const { path }: Route = routes[name];
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ''));
  const search = new URLSearchParams(query);
  return `/api/v1${filled}${search.size === 0 ? '' : `?${search}`}`;
}

/** Hands a file to the browser's own downloads, which take files of any size and survive leaving the page. */
export function saveFile(address: string, name = ''): void {
  const link = document.createElement('a');
  link.href = address;
  // Empty: the file's name is the server's.
  link.download = name;
  link.click();
}

/**
 * Sends a file to a route that takes one. `fetch` cannot tell how far an upload has come; XMLHttpRequest can. Resolves with the route's
 * value.
 * @throws ClientError as every call does; the signal's reason when it was aborted.
 */
export function uploadFile<T>(
  address: string,
  mediaType: string,
  file: Blob,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (sentBytes: number) => void },
): Promise<T> {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = () => request.abort();
    signal.addEventListener('abort', abort, { once: true });
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      if (request.status === 201) resolve(JSON.parse(request.responseText) as T);
      else reject(errorOf(request));
    };
    request.onerror = () => reject(new ClientError(0, 'unreachable', 'The server does not answer.'));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener('abort', abort);
    request.open('POST', address);
    request.setRequestHeader('content-type', mediaType);
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
