import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../connection.ts';
import { harmless, type Terminal } from '../terminal.ts';

/** How often `--follow` looks for new lines, in milliseconds; every look is audited. */
const followEveryMs = 2_000;
/** The most a request may ask for. */
const followLines = 1_000;

/**
 * `clawpool logs`: the end of a runtime's output. `tenant` is an id, a name or an owner.
 * With `follow` it goes on with what is added, until the signal is aborted.
 */
export async function showLogs(
  terminal: Terminal,
  data: string,
  options: { tenant: string; lines: number; follow: boolean; json: boolean; signal: AbortSignal },
): Promise<void> {
  const { client } = await connect(data);
  const read = (tenantId: string, lines: number) =>
    client.call('tenantLogs', { params: { tenantId }, query: { lines } }, { signal: options.signal });
  const first = await read(options.tenant, options.lines);
  if (options.json) return terminal.json(first);
  for (const line of first.lines) terminal.print(harmless(line));
  if (first.lines.length === 0) terminal.note('Nothing has been written yet.');

  let shown = first.lines;
  while (options.follow && !options.signal.aborted) {
    try {
      await pause(followEveryMs, undefined, { signal: options.signal });
      const { lines } = await read(first.tenantId, Math.max(followLines, options.lines));
      for (const line of newLines(shown, lines)) terminal.print(harmless(line));
      shown = lines;
    } catch (error) {
      if (options.signal.aborted) return;
      throw error;
    }
  }
}

/** What stands in `now` after the end of `before`; all of it when nothing of `before` is left. */
export function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let overlap = Math.min(before.length, now.length); overlap > 0; overlap -= 1) {
    for (let end = now.length; end >= overlap; end -= 1) {
      const same = before.slice(-overlap).every((line, index) => line === now[end - overlap + index]);
      // A shorter overlap may only stand at the beginning: the lines before it have been cut off.
      if (same && (overlap === before.length || end === overlap)) return now.slice(end);
    }
  }
  return now;
}
