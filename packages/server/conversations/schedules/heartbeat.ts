/** The token an agent answers a heartbeat with when there is nothing to tell. */
const token = 'HEARTBEAT_OK';

/** What may stand beside the token without being news: OpenClaw’s `ackMaxChars`. */
const acknowledgementCharacters = 300;

/** Characters of HEARTBEAT.md that the message carries; the rest is in the file. */
const fileCharacters = 16_000;

/**
 * What OpenClaw says to its agent at a heartbeat (its docs, gateway/heartbeat, "Prompt body"), and the file itself: an agent need not be
 * allowed to read files, and newer lines of OpenClaw do not put it into the context.
 */
export function heartbeatPrompt(file: string): string {
  const shown =
    file.length <= fileCharacters ? file : `${file.slice(0, fileCharacters)}\n[The rest is in HEARTBEAT.md.]`;
  return [
    'Read HEARTBEAT.md if it exists (workspace context). Follow it strictly. Do not infer or repeat old tasks from prior chats.',
    `If nothing needs attention, reply ${token}.\n\nHEARTBEAT.md:\n\n${shown.trim()}`,
  ].join(' ');
}

/**
 * What of an answer is to be told; null: nothing. As OpenClaw does it (2026.6, `stripHeartbeatToken`): the token counts at the beginning or
 * the end, also when it is marked up; with at most 300 characters beside it the answer is an acknowledgement; in the middle it is a word
 * like others.
 */
export function heartbeatNews(answer: string): string | null {
  const text = answer.trim();
  if (text === '') return null;
  const plain = text
    .replace(/<[^>]*>/gu, ' ')
    .replace(/&nbsp;/giu, ' ')
    .replace(/^[*`~_\s]+|[*`~_\s]+$/gu, '');
  const rest = withoutToken(text) ?? withoutToken(plain);
  if (rest === null) return text;
  return rest.length <= acknowledgementCharacters ? null : rest;
}

/** Null: it is at neither end. */
function withoutToken(text: string): string | null {
  let rest = text;
  for (;;) {
    const before = rest;
    if (rest.startsWith(token)) rest = rest.slice(token.length).trimStart();
    // A full stop or the like may follow it.
    rest = rest.replace(endToken, '').trimEnd();
    if (rest === before) return rest === text ? null : rest;
  }
}

const endToken = new RegExp(`${token}[^\\w]{0,4}$`, 'u');

/** A runtime that has just been woken is for whoever woke it. */
const settledMs = 5_000;

export interface HeartbeatFacts {
  alwaysOn: boolean;
  /** Of its tier; 0: never. */
  heartbeatMinutes: number;
  /** When its HEARTBEAT.md was last looked at; null: never. */
  heartbeatAt: Date | null;
  /** Since when it runs. */
  runningSince: Date;
  lastActiveAt: Date | null;
}

/** Is it time for a running tenant’s heartbeat? One that may hibernate gets one for each time it is woken, or it would never hibernate again. */
export function isHeartbeatDue(facts: HeartbeatFacts, now: Date): boolean {
  const { alwaysOn, heartbeatMinutes, heartbeatAt, runningSince, lastActiveAt } = facts;
  if (heartbeatMinutes <= 0) return false;
  const since = (at: Date | null) => (at === null ? Number.POSITIVE_INFINITY : now.getTime() - at.getTime());
  if (since(heartbeatAt) < heartbeatMinutes * 60_000) return false;
  if (!alwaysOn && heartbeatAt !== null && heartbeatAt >= runningSince) return false;
  return since(runningSince) >= settledMs && since(lastActiveAt) >= settledMs;
}
