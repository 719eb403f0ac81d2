import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ClawpoolError } from '@clawpool/contracts';
import { type ExtractEvents, extract, type Header } from 'tar-stream';

/** An entry's header, and its content to read. */
type Entry = ExtractEvents['entry'][1];

/** A gzipped tar, read entry by entry as they are expected. Whatever is wrong with it: ClawpoolError `invalid_request`. */
export interface TarReader {
  /** The next entry, which has to have one of the names. Its content has to be read before the next one is asked for. */
  expect(names: readonly string[], type: Header['type']): Promise<Entry>;
  expectEnd(): Promise<void>;
  close(): void;
}

/** @param mostBytes unpacked; more is `too_large` */
export function readTar(packed: AsyncIterable<Uint8Array>, mostBytes: number): TarReader {
  const tar = extract();
  let failure: Error | undefined;
  // Errors come out of the iterator below; the first one, which says why, only here.
  pipeline(
    packed,
    createGunzip(),
    (unpacked) => upTo(mostBytes, unpacked),
    tar,
    (error) => {
      failure = error ?? undefined;
    },
  );
  const entries = tar[Symbol.asyncIterator]();

  async function next(): Promise<Entry | null> {
    try {
      const { done, value } = await entries.next();
      return done ? null : value;
    } catch (error) {
      throw refusal(failure ?? (error as Error));
    }
  }

  return {
    expect: async (names, type) => {
      const entry = await next();
      if (entry === null) throw refused('it is cut off');
      if (!names.includes(entry.header.name) || entry.header.type !== type) {
        throw refused(`it has ${JSON.stringify(entry.header.name)} where ${JSON.stringify(names[0])} has to be`);
      }
      return entry;
    },
    expectEnd: async () => {
      const entry = await next();
      if (entry !== null) throw refused(`it has ${JSON.stringify(entry.header.name)}, which does not belong to it`);
    },
    close: () => void tar.destroy(),
  };
}

async function* upTo(mostBytes: number, unpacked: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of unpacked) {
    bytes += piece.length;
    if (bytes > mostBytes) {
      const most = Math.floor(mostBytes / 1024 / 1024);
      throw new ClawpoolError(
        'too_large',
        `The file is more than ${most} MB when it is unpacked.`,
        'Is it a backup of Clawpool?',
      );
    }
    yield piece;
  }
}

/** An entry's content in pieces of that many bytes; the last one may be shorter, and an empty content is one empty piece. */
export async function* piecesIn(entry: Entry, bytes: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(Math.min(bytes, entry.header.size));
  let [filled, left] = [0, entry.header.size];
  if (left === 0) yield piece;
  for await (let content of contentIn(entry)) {
    while (content.length > 0) {
      const part = content.subarray(0, piece.length - filled);
      piece.set(part, filled);
      filled += part.length;
      content = content.subarray(part.length);
      if (filled < piece.length) continue;
      yield piece;
      left -= filled;
      filled = 0;
      piece = new Uint8Array(Math.min(bytes, left));
    }
  }
}

export async function wholeContent(entry: Entry, mostBytes: number): Promise<Buffer> {
  const { name, size } = entry.header;
  if (size > mostBytes) throw refused(`${name} is too long`);
  const pieces: Uint8Array[] = [];
  for await (const piece of contentIn(entry)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* contentIn(entry: Entry): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const piece of entry as AsyncIterable<Buffer>) {
      bytes += piece.length;
      yield piece;
    }
  } catch (error) {
    throw refusal(error as Error);
  }
  if (bytes !== entry.header.size) throw refused('it is cut off');
}

function refusal(error: Error): ClawpoolError {
  if (error instanceof ClawpoolError) return error;
  return refused('it is damaged or cut off', error);
}

export const refused = (why: string, cause?: Error): ClawpoolError =>
  new ClawpoolError(
    'invalid_request',
    `The file is not a whole backup of Clawpool: ${why}.`,
    'Export it again, and check that it was transferred completely.',
    { cause },
  );
