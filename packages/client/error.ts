import type { ErrorBody, ErrorCode } from '@clawpool/contracts';

/**
 * The server's codes, and two that only a client can meet: `unreachable` (no answer at all) and `invalid_response` (an
 * answer, but not from Clawpool: a proxy's page, for example).
 */
export type ClientErrorCode = ErrorCode | 'unreachable' | 'invalid_response';

/** Every way a call can fail, except that the caller aborted it: then the signal's own reason is thrown. */
export class ClientError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly code: ClientErrorCode;
  readonly hint: string | undefined;
  /** What the server gave along for a program: the other change of a conflict, for example. */
  readonly details: unknown;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;

  constructor(
    status: number,
    code: ClientErrorCode,
    message: string,
    more: {
      hint?: string | undefined;
      details?: unknown;
      requestId?: string | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'ClientError';
    this.status = status;
    this.code = code;
    this.hint = more.hint;
    this.details = more.details;
    this.requestId = more.requestId;
  }
}

export function unreachable(cause: unknown): ClientError {
  return new ClientError(0, 'unreachable', 'The server does not answer.', {
    hint: 'Check that Clawpool is running and that this machine can reach it.',
    cause,
  });
}

export function invalidResponse(status: number, requestId?: string): ClientError {
  return new ClientError(status, 'invalid_response', `The answer (HTTP ${status}) did not come from Clawpool.`, {
    hint: 'Check the address, and what a proxy in between may have answered.',
    requestId,
  });
}

/** The error that a response which is not a success stands for. Reads the response's body. */
export async function errorOfResponse(response: Response): Promise<ClientError> {
  const text = await response.text().catch(() => '');
  const body = parseErrorBody(text);
  if (body) {
    const { code, message, hint, details, requestId } = body.error;
    return new ClientError(response.status, code, message, { hint, details, requestId });
  }
  // A proxy answers for a server that is away with a page of its own.
  if (response.status >= 502 && response.status <= 504) {
    return unreachable(new Error(`HTTP ${response.status}`));
  }
  return invalidResponse(response.status, response.headers.get('x-request-id') ?? undefined);
}

function parseErrorBody(text: string): ErrorBody | null {
  try {
    const body: unknown = JSON.parse(text);
    return isErrorBody(body) ? body : null;
  } catch {
    return null;
  }
}

function isErrorBody(body: unknown): body is ErrorBody {
  if (typeof body !== 'object' || body === null || !('error' in body)) return false;
  const { error } = body;
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    'message' in error &&
    typeof error.message === 'string'
  );
}
