import { ClawpoolError } from '@clawpool/contracts';

/** RFC 7644, 3.12. */
export type ScimErrorType =
  | 'invalidFilter'
  | 'tooMany'
  | 'uniqueness'
  | 'mutability'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue';

/** What a SCIM client is told when something does not go. */
export class ScimFailure extends Error {
  readonly status: number;
  readonly scimType: ScimErrorType | undefined;

  constructor(status: number, detail: string, scimType?: ScimErrorType, options?: ErrorOptions) {
    super(detail, options);
    this.status = status;
    this.scimType = scimType;
  }
}

/** What a rule of ours is in SCIM's words; anything that is no rule stays what it is. */
export function toScimFailure(error: unknown): unknown {
  if (!(error instanceof ClawpoolError) || error.code === 'internal') return error;
  const { status, code, message, hint } = error;
  const type = code === 'conflict' ? 'uniqueness' : code === 'invalid_request' ? 'invalidValue' : undefined;
  return new ScimFailure(status, hint === undefined ? message : `${message} ${hint}`, type, { cause: error });
}

export const scimErrorBody = ({ status, message, scimType }: ScimFailure) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
  status: String(status),
  ...(scimType === undefined ? {} : { scimType }),
  detail: message,
});
