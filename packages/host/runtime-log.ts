import { open, stat } from 'node:fs/promises';

/** How much of the end of a log is looked at. */
const tailBytes = 256 * 1024;
const longestLine = 4_000;

/** The log's length in bytes; 0 where there is none. */
export async function logSize(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/**
 * The last `lines` lines, without terminal control characters; empty where there is no log.
 *
 * @param from bytes to leave out at the beginning; ignored when the log has been started anew since
 */
export async function logTail(file: string, lines: number, from = 0): Promise<string[]> {
  const handle = await open(file).catch(() => null);
  if (!handle) return [];
  try {
    const { size } = await handle.stat();
    const start = Math.max(size - tailBytes, from <= size ? from : 0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.subarray(0, bytesRead).toString();
    const whole = start > from && start > 0 ? text.slice(text.indexOf('\n') + 1) : text;
    return whole
      .split('\n')
      .map((line) => withoutControls(line).slice(0, longestLine))
      .filter((line) => line !== '')
      .slice(-Math.max(0, Math.floor(lines)) || undefined)
      .slice(0, lines <= 0 ? 0 : undefined);
  } finally {
    await handle.close();
  }
}

// What a tenant writes must not move the cursor of the terminal it is shown in.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const escapeSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])?/gu;

const withoutControls = (line: string): string => line.replace(escapeSequence, '').replace(/\p{Cc}/gu, '');
