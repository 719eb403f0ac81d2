/**
 * Named objects on disk or in an object storage service: what a blob store stands on. Names are of our own making and have the form
 * `folder/name` in lower-case letters, digits and hyphens.
 */
export interface ObjectStore {
  /**
   * Stores the content under the name that `nameWhenRead` answers once all of it was read; null: it is not wanted any more. Nothing appears
   * under a name before it is whole, and when this resolves it is safe. Errors of the content's source pass through as they are.
   */
  write(content: Content, nameWhenRead: () => Promise<string | null>): Promise<void>;
  read(name: string): Promise<Buffer | null>;
  /** Null: there is none. */
  stream(name: string): Promise<AsyncIterable<Uint8Array> | null>;
  exists(name: string): Promise<boolean>;
  /**
   * Is it safely there with that many bytes? Where the storage does not check its content by itself, `verify` decides, with what is stored.
   */
  holds(name: string, bytes: number, verify: (stored: AsyncIterable<Uint8Array>) => Promise<boolean>): Promise<boolean>;
  remove(name: string): Promise<void>;
  list(folder?: string): AsyncIterable<StoredObject>;
}

export type Content = Uint8Array | AsyncIterable<Uint8Array>;

export interface StoredObject {
  name: string;
  bytes: number;
  storedAt: Date;
}
