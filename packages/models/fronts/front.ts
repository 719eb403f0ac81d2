import type { AnswerEvent } from '../attempts.ts';
import type { ModelRequest } from '../exchange.ts';

/** A wire protocol that runtimes speak to the gateway. */
export interface Front {
  /** The model name that the runtime asked for is not here: which model answers is the policy's decision. */
  decode(body: unknown): DecodedRequest;
  /** Encodes a streamed answer as Server-Sent Events. */
  createStream(decoded: DecodedRequest): StreamEncoder;
  /** Encodes a whole answer as one JSON document. */
  createDocument(decoded: DecodedRequest): DocumentEncoder;
  /** The body of an error response. */
  error(error: FrontError): unknown;
}

export interface DecodedRequest {
  request: ModelRequest;
  stream: boolean;
  /** Whether a streamed answer ends with the tokens it used. */
  includeUsage: boolean;
}

export interface StreamEncoder {
  /** The bytes for one event; empty when the protocol has nothing to say for it. */
  encode(event: AnswerEvent): string;
  /** What a reader that waits for the first word must hear now and then to know that the connection lives. */
  keepAlive: string;
  /** Ends a stream that has begun and cannot be finished. */
  fail(error: FrontError): string;
}

export interface DocumentEncoder {
  add(event: AnswerEvent): void;
  document(): unknown;
}

export interface FrontError {
  status: number;
  kind: 'authentication' | 'permission' | 'not_found' | 'invalid_request' | 'too_large' | 'model_failure';
  /** Stable and machine-readable: the reason of a model failure, or `context_length_exceeded`. */
  code: string;
  message: string;
}

/** The request does not have the protocol's form. `message` names the field. */
export class MalformedRequest extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MalformedRequest';
  }
}
