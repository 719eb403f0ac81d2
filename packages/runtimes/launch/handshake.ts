import type { Duplex } from 'node:stream';

/** The descriptor on which a starting runtime and we talk; what is handed over follows after it. */
export const lifeline = 3;

/**
 * Puts a guard in front of the command, to run where the command is to run. It says that everything around it stands, and
 * becomes the command when we answer. Should we be gone by then, it ends instead.
 *
 * Without it a control process that is killed while a boundary is being built leaves it behind: each process of the boundary dies
 * with its parent only once it has asked the kernel to, and a parent that is dead by then is not noticed. By the time the
 * guard speaks, they have asked.
 */
export function guarded(argv: readonly string[]): [string, ...string[]] {
  return ['/bin/sh', '-c', guard, 'clawpool', ...argv];
}

/** What some shells add to the environment of what they start is taken out again. */
const guard =
  `echo ready >&${lifeline} && read -r answer <&${lifeline} && exec ${lifeline}>&- && ` +
  'exec /usr/bin/env -u _ -u SHLVL -u OLDPWD "$@"';

/** Waits for the guard and answers it. False when it ended or hung before it spoke. */
export function answerGuard(pipe: Duplex, ended: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), hungAfterMs);
    const settle = (answered: boolean) => {
      clearTimeout(timer);
      resolve(answered);
    };
    pipe.on('error', () => {}); // it is gone; `ended` tells
    pipe.once('data', () => {
      pipe.end('go\n', () => pipe.destroy());
      settle(true);
    });
    ended.addEventListener('abort', () => settle(false), { once: true });
    if (ended.aborted) settle(false);
  });
}

/** A boundary stands within some ten milliseconds, on a machine that has much else to do within a second. */
const hungAfterMs = 30_000;
