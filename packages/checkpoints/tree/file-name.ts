/**
 * Names of files are bytes; in a tree they are text. A byte that is no UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, which no valid name
 * contains, so that every name comes back as it was (the way of Python's PEP 383).
 */

export function nameFromBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const length = validAt(bytes, at);
    name += length === 0 ? String.fromCharCode(0xdc00 + (bytes[at] ?? 0)) : bytes.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return name;
}

/** How many bytes from there are one whole character; 0: none. */
function validAt(bytes: Buffer, at: number): number {
  for (const length of [1, 2, 3, 4]) {
    const piece = bytes.subarray(at, at + length);
    const text = piece.toString('utf8');
    if (piece.length === length && !text.includes('\ufffd')) return length;
    // U+FFFD itself is a valid character.
    if (text === '\ufffd' && Buffer.from(text).equals(piece)) return length;
  }
  return 0;
}

/** A path for the file system: text where that says the same, else bytes. */
export function pathToBytes(path: string): string | Buffer {
  if (path.isWellFormed()) return path;
  return Buffer.concat([...path].map((character) => characterToBytes(character)));
}

function characterToBytes(character: string): Buffer {
  const code = character.codePointAt(0) ?? 0;
  return code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character);
}

/** One component of a path, and nothing that leads elsewhere. */
export function isFileName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && !hasOtherSurrogates(name);
}

/** Lone surrogates that stand for no byte: two such names would become the same bytes. */
function hasOtherSurrogates(name: string): boolean {
  if (name.isWellFormed()) return false;
  const bytes = pathToBytes(name);
  return typeof bytes === 'string' || nameFromBytes(bytes) !== name;
}
