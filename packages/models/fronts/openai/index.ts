import type { Front } from '../front.ts';
import { decodeChatCompletions } from './decode.ts';
import { createChatCompletionDocument, createChatCompletionStream, openaiError } from './encode.ts';

/** OpenAI's chat completions. */
export const openaiFront: Front = {
  decode: decodeChatCompletions,
  createStream: createChatCompletionStream,
  createDocument: createChatCompletionDocument,
  error: openaiError,
};
