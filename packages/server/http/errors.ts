import { ClawpoolError, type ErrorBody, type ErrorCode } from '@clawpool/contracts';
import type { z } from 'zod';

/** What an error becomes on the wire. `internal` ones are to be logged whole; their response says nothing about the inside. */
export function toClawpoolError(error: unknown): ClawpoolError {
  for (const cause of causes(error)) {
    const known = cause instanceof ClawpoolError ? cause : (fromHttp(cause) ?? fromSystem(cause));
    if (known) return known;
  }
  return new ClawpoolError(
    'internal',
    'Something went wrong on our side.',
    'Try again. If it stays like this, give an operator the request id: the log tells more.',
    { cause: error },
  );
}

export function errorResponse(error: ClawpoolError, requestId: string): ErrorBody {
  const { code, message, hint, details } = error;
  const told = { ...(hint === undefined ? {} : { hint }), ...(details === undefined ? {} : { details }) };
  return { error: { code, message, ...told, requestId } };
}

/** Names the first thing that is wrong with a request, as `body.text: …`. */
export function invalidRequest(part: 'params' | 'query' | 'body', { issues }: z.ZodError): ClawpoolError {
  const issue = issues[0];
  const path = [part, ...(issue?.path ?? [])].join('.');
  // The one field whose rules a person meets: it has a code of its own.
  const code = issue?.path.at(-1) === 'newPassword' ? 'weak_password' : 'invalid_request';
  return new ClawpoolError(
    code,
    `${path}: ${issue?.message ?? 'does not fit'}`,
    'The API’s shapes are described at /api/docs.',
  );
}

export const notFound = (what: string) =>
  new ClawpoolError('not_found', `There is no ${what}.`, 'Check the address; /api/docs lists what there is.');

/** The error, then what caused it, and so on: Drizzle and others wrap what the database said. */
function* causes(error: unknown): Generator<unknown> {
  for (let depth = 0; error && depth < 8; depth++) {
    yield error;
    if (error instanceof AggregateError) yield* error.errors;
    error = (error as Error).cause;
  }
}

const fastifyCodes: Readonly<Record<string, [ErrorCode, string, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large', 'The request is larger than 1 MiB.', 'Send less at once.'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'invalid_request',
    'The body is not JSON.',
    'Send it with content-type: application/json.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_request', 'The body is empty.', 'Send JSON, or no content-type.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The address is not a valid one.', 'Encode special characters in it.'],
};

function fromHttp(error: unknown): ClawpoolError | null {
  const { code = '', statusCode = 0 } = error as { code?: string; statusCode?: number };
  const known = fastifyCodes[code];
  if (known) return new ClawpoolError(...known);
  if (!code.startsWith('FST_') && !(error instanceof SyntaxError && statusCode === 400)) return null;
  if (statusCode === 404) return notFound('such address');
  if (statusCode >= 400 && statusCode < 500) {
    return new ClawpoolError(
      'invalid_request',
      (error as Error).message,
      'The API’s shapes are described at /api/docs.',
    );
  }
  return null;
}

const storageFull = (): ClawpoolError =>
  new ClawpoolError(
    'storage_full',
    'The disk is full; nothing was changed.',
    'An operator has to free space. Then try again.',
  );

const databaseAway = (): ClawpoolError =>
  new ClawpoolError('unavailable', 'The database cannot be reached at the moment.', 'Try again in a few seconds.');

/** Codes of Node.js and of PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html) that have a meaning for people. */
function fromSystem(error: unknown): ClawpoolError | null {
  const { code, message = '', syscall } = error as { code?: string; message?: string; syscall?: string };
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100') return storageFull();
  if (code === '22021' || code === '22P05' || code === '22P02') {
    return new ClawpoolError(
      'invalid_request',
      'The text contains a character that cannot be stored.',
      'Remove NUL characters, and halves of characters such as a lone surrogate.',
    );
  }
  if (code === '22007' || code === '22008') {
    return new ClawpoolError('invalid_request', 'There is no such time.', 'Send a time of this era, as ISO 8601.');
  }
  const lost = code === '53300' || /^(08|57P0)/.test(code ?? '') || (syscall === 'connect' && code !== undefined);
  const broken =
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;
  return lost || broken.test(message) ? databaseAway() : null;
}
