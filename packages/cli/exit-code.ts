/** What the command's exit code says to a script. Documented in every help text. */
export const exitCode = { ok: 0, failed: 1, usage: 2, notRunning: 3 } as const;

export const exitCodeHelp = 'Exit codes: 0 done, 1 failed, 2 wrong usage or setting, 3 Clawpool is not running.';
