import { z } from 'zod';

/**
 * Every error a person or a program can meet, with its HTTP status. Codes are stable: clients switch on them, the console
 * translates them, the documentation lists them.
 */
export const errorStatus = {
  invalid_request: 400,
  sign_in_failed: 401,
  not_signed_in: 401,
  session_expired: 401,
  second_factor_required: 401,
  password_change_required: 403,
  second_factor_setup_required: 403,
  not_allowed: 403,
  not_found: 404,
  conflict: 409,
  quota_exceeded: 409,
  too_large: 413,
  weak_password: 422,
  too_many_requests: 429,
  internal: 500,
  storage_full: 507,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** The body of every error response. `hint` says what to do next; `requestId` finds the request in the log. */
export const errorBody = z.object({
  error: z.object({
    code: z.enum(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
    message: z.string(),
    hint: z.string().optional(),
    details: z
      .unknown()
      .optional()
      .describe('what a program can go on with: the other change of a conflict, what stands in the way'),
    requestId: z.string(),
  }),
});
export type ErrorBody = z.infer<typeof errorBody>;

/** An error with a meaning for the person who caused it. Anything else that is thrown becomes `internal`. */
export class ClawpoolError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** JSON; reaches whoever asked, so nothing secret. */
  readonly details: unknown;
  /** Of `too_many_requests`: when it is worth trying again; 10 where nobody knows. */
  readonly retryAfterSeconds: number;

  constructor(
    code: ErrorCode,
    message: string,
    hint?: string,
    options?: ErrorOptions & { details?: unknown; retryAfterMs?: number },
  ) {
    super(message, options);
    this.name = 'ClawpoolError';
    this.code = code;
    this.hint = hint;
    this.details = options?.details;
    this.retryAfterSeconds = Math.max(1, Math.ceil((options?.retryAfterMs ?? 10_000) / 1_000));
  }

  get status(): number {
    return errorStatus[this.code];
  }
}
