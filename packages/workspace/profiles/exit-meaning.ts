import type { ExitMeaning } from '../profile.ts';

/** What the end of a gateway that was never ready means. The version lines say these things in the same words. */
export function exitMeaning(code: number | null, output: readonly string[]): ExitMeaning {
  const text = output.join('\n');
  if (/ENOSPC|no space left on device|EDQUOT|disk quota exceeded|database or disk is full/iu.test(text)) {
    return {
      reason: 'storage_full',
      message: 'The agent could not start: its disk is full.',
      hint: 'Free space on the host’s data disk. The agent is started again by itself.',
    };
  }
  const invalid = /Invalid config at [^\n]*\n(?<why>[^\n]*)|Gateway start blocked: (?<blocked>.*?)(?:\.\s|\n|$)/u.exec(
    text,
  );
  // 78 is EX_CONFIG of sysexits.h: unreadable configuration.
  if (invalid || code === 78) {
    const why = (invalid?.groups?.why ?? invalid?.groups?.blocked ?? 'it cannot be read').trim().slice(0, 300);
    return {
      reason: 'configuration_invalid',
      message: `The agent could not start: OpenClaw rejects its configuration (${why}).`,
      hint: 'This is a fault of Clawpool or of the image. Ask the operator to look at the agent’s log.',
    };
  }
  if (/Cannot find (?:module|package)|ERR_MODULE_NOT_FOUND/u.test(text)) {
    return {
      reason: 'image_missing',
      message: 'The agent could not start: the image is incomplete.',
      hint: 'Ask the operator to remove the image’s folder; it is installed again at the next start.',
    };
  }
  if (/JavaScript heap out of memory/u.test(text)) {
    return {
      reason: 'memory_limit',
      message: 'The agent could not start: it ran out of memory.',
      hint: 'Ask the operator to raise the memory limit of the agent’s tier.',
    };
  }
  return {
    reason: 'exited',
    message: `The agent’s gateway ended before it was ready${code === null ? '' : ` (exit code ${code})`}.`,
    hint: 'It is started again by itself. If it keeps happening, ask the operator to look at the agent’s log.',
  };
}
