/** Characters the server takes at once; some ten thousand people. */
export const mostCharacters = 900_000;

/**
 * The text of a file of people. Spreadsheets save in UTF-8, with a mark in front or without, in UTF-16, and in China in GB 18030: what
 * is no UTF-8 is read as that. A file that is no text at all (a workbook is a zip) is null.
 */
export function textOfFile(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  // An .xlsx begins as every zip does, an .xls as every OLE file does.
  if ((first === 0x50 && second === 0x4b) || (first === 0xd0 && second === 0xcf)) return null;
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const text = new TextDecoder('gb18030').decode(bytes);
    return /[\0\uFFFD]/u.test(text) ? null : text;
  }
}

/** First passwords as a file that a mail merge takes. */
export const passwordsAsText = (passwords: readonly { email: string; password: string }[]): string =>
  ['email,password', ...passwords.map(({ email, password }) => `${email},${password}`)].join('\n');
