import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';

/** A log that reached this size is put aside at the next start; this many old ones are kept. */
const rotateAtBytes = 10 * 1024 * 1024;
const keep = 5;

export interface LogFile {
  path: string;
  logger: Logger;
  /** Writes out what is still in memory. */
  close(): Promise<void>;
}

/**
 * Opens `<data>/logs/clawpool.log` (JSON lines, pino). `onWarning` gets every warning and error in one line, for the terminal:
 * the same one at most once a minute.
 */
export function openLogFile(data: string, onWarning: (message: string) => void, now: () => number = Date.now): LogFile {
  const folder = join(data, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'clawpool.log');
  rotate(path, rotateAtBytes);
  const file = pino.destination({ dest: path, sync: false, mode: 0o600 });
  const warn = oncePerMinute(onWarning, now);
  const logger = pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.multistream([
      { level: 'info', stream: file },
      { level: 'warn', stream: { write: (line: string) => warn(summary(line)) } },
    ]),
  );
  return {
    path,
    logger,
    close: () =>
      new Promise((resolve) => {
        file.once('close', resolve);
        file.end();
      }),
  };
}

function summary(line: string): string {
  const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
  return (
    [msg, err?.message].filter((part, index, all) => part && all.indexOf(part) === index).join(' ') || 'See the log.'
  );
}

function oncePerMinute(tell: (message: string) => void, now: () => number): (message: string) => void {
  const told = new Map<string, number>();
  return (message) => {
    const time = now();
    for (const [earlier, at] of told) if (time - at >= 60_000) told.delete(earlier);
    if (told.has(message)) return;
    told.set(message, time);
    tell(message);
  };
}

/** `clawpool.log` -> `clawpool.log.1` -> … -> `clawpool.log.5` -> gone, when the first has reached `limit` bytes. */
export function rotate(path: string, limit: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < limit) return;
  rmSync(`${path}.${keep}`, { force: true });
  for (let number = keep - 1; number >= 1; number -= 1) renameIfThere(`${path}.${number}`, `${path}.${number + 1}`);
  renameSync(path, `${path}.1`);
}

function renameIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
