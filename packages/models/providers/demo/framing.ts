/** What Clawpool puts around a person's message (workspace, `turn-text.ts`), and what the demo model makes of it. */
export interface FramedMessage {
  /** The person's own words. */
  text: string;
  /** The model is to go on after an interruption. */
  isResumption: boolean;
  /** It had called tools before. */
  hadActed: boolean;
}

export function unframed(message: string): FramedMessage {
  const plain = message
    // OpenClaw writes the time before what was written: `[Sat 2026-11-21 01:56 UTC] hello`.
    .replace(/^\s*\[[^\]\n]{0,60}\d{4}-\d{2}-\d{2}[^\]\n]{0,60}\]\s*/u, '')
    .replace(/^\[While you were silent[^\n]*\n(?:>[^\n]*\n)*\[The message to you now:\]\n/u, '')
    .replace(/\n\n\[Files that came with this message, in your workspace:\]\n(?:- [^\n]*(?:\n|$))*$/u, '');
  const isResumption = plain.startsWith('[You were interrupted while you worked on the message');
  if (!isResumption) return { text: plain, isResumption, hadActed: false };
  const [instruction = '', quoted = ''] = plain.split('\nThen finish the answer to this message:\n', 2);
  return {
    text: quoted.replace(/^> ?/gmu, ''),
    isResumption,
    hadActed: instruction.includes('\nBefore the interruption you had called these tools'),
  };
}
