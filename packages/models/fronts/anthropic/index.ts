import type { Front } from '../front.ts';
import { decodeMessages } from './decode.ts';
import { anthropicError, createMessageDocument, createMessageStream } from './encode.ts';

/** Anthropic's messages. */
export const anthropicFront: Front = {
  decode: decodeMessages,
  createStream: createMessageStream,
  createDocument: createMessageDocument,
  error: anthropicError,
};
