export { type Client, type ClientOptions, createClient } from './client.ts';
export { ClientError, type ClientErrorCode } from './error.ts';
export type { EventStreamOptions } from './event-stream.ts';
export type {
  CallInput,
  CallName,
  CallResult,
  DownloadName,
  EventInput,
  EventName,
  StreamEvent,
  UploadName,
} from './types.ts';
