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

/** Opens `<data>/logs/clawpool.log` (JSON lines, pino). `onWarning` gets the message of every warning and error, for the terminal. */
export function openLogFile(data: string, onWarning: (message: string) => void): LogFile {
  const folder = join(data, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'clawpool.log');
  rotate(path, rotateAtBytes);
  const file = pino.destination({ dest: path, sync: false, mode: 0o600 });
  const warnings = {
    write: (line: string) => onWarning((JSON.parse(line) as { msg?: string }).msg ?? 'see the log'),
  };
  const logger = pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.multistream([
      { level: 'info', stream: file },
      { level: 'warn', stream: warnings },
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
