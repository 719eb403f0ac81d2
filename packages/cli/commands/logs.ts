import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../connection.ts';
import { harmless, type Terminal } from '../terminal.ts';

/** How often `--follow` looks for new lines, in milliseconds; every look is audited. */
const followEveryMs = 2_000;
/** How many lines a look takes: more than are written between two. */
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
  const window = options.follow ? Math.max(followLines, options.lines) : options.lines;
  const first = await read(options.tenant, window);
  if (options.json) return terminal.json({ ...first, lines: first.lines.slice(-options.lines) });
  for (const line of first.lines.slice(-options.lines)) terminal.print(harmless(line));
  if (first.lines.length === 0) terminal.note('Nothing has been written yet.');

  let shown = first.lines;
  while (options.follow && !options.signal.aborted) {
    try {
      await pause(followEveryMs, undefined, { signal: options.signal });
      const { lines } = await read(first.tenantId, window);
      for (const line of newLines(shown, lines)) terminal.print(harmless(line));
      shown = lines;
    } catch (error) {
      if (options.signal.aborted) return;
      throw error;
    }
  }
}

/** What `now`, the end of a growing text, has more than `before`, its earlier end: all of it when nothing of `before` is left. */
export function newLines(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let gone = 0; gone < before.length; gone += 1) {
    const left = before.slice(gone);
    if (left.length <= now.length && left.every((line, index) => line === now[index])) return now.slice(left.length);
  }
  return now;
}
