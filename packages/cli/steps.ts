import { formatDuration } from './table.ts';
import type { OutputStream, Style } from './terminal.ts';

/** Tells what is being done while it is done, and how long it took. Steps may run side by side. */
export interface Steps {
  /**
   * Runs `work` as a step. `work` tells how it goes through `progress`; `outcome` says in a few words what came out.
   * What `work` throws is thrown on.
   */
  run<T>(
    name: string,
    work: (progress: (line: string) => void) => Promise<T>,
    outcome?: (value: T) => string,
  ): Promise<T>;
}

/** For programs that start an installation without anybody looking. */
export const silentSteps: Steps = { run: (_name, work) => work(() => {}) };

/** A line of progress is shown at most this often per step where lines cannot be overwritten. */
const quietMs = 5_000;

/**
 * On a terminal, the steps that run share one live line at the bottom; elsewhere each tells its progress in plain lines.
 * `now` in milliseconds.
 */
export function createSteps(options: { out: OutputStream; style: Style; live: boolean; now?: () => number }): Steps {
  const { out, style, live, now = Date.now } = options;
  const running = new Map<string, { since: number; told: number; progress: string }>();
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    if (live) out.write('\r\u001b[K');
  };
  const draw = () => {
    if (!live || running.size === 0) return;
    const parts = [...running].map(
      ([name, { since, progress }]) => `${name} ${formatDuration(now() - since)}${progress ? ` (${progress})` : ''}`,
    );
    const line = `… ${parts.join(', ')}`;
    const columns = Math.max(20, (out.columns || 80) - 1);
    out.write(`\r\u001b[K${style.dim(line.length > columns ? `${line.slice(0, columns - 1)}…` : line)}`);
  };
  const finish = (name: string, mark: string, text: string) => {
    const since = running.get(name)?.since ?? now();
    running.delete(name);
    if (running.size === 0) clearInterval(timer);
    clear();
    const took = style.dim(formatDuration(now() - since));
    out.write(live ? `${mark} ${name}${text && `: ${text}`}  ${took}\n` : `${name}: ${text || 'done'} (${took})\n`);
    draw();
  };

  return {
    async run(name, work, outcome) {
      const state = { since: now(), told: now(), progress: '' };
      if (live && running.size === 0) timer = setInterval(draw, 100);
      running.set(name, state);
      draw();
      try {
        const value = await work((line) => {
          state.progress = line;
          if (live || now() - state.told < quietMs) return;
          state.told = now();
          out.write(`${name}: ${line}\n`);
        });
        finish(name, style.green('✓'), outcome?.(value) ?? '');
        return value;
      } catch (error) {
        finish(name, style.red('✗'), 'failed');
        throw error;
      }
    },
  };
}
