import { createHash } from 'node:crypto';

/** A line that an agent writes down, with its time by the organization's clock. */
export interface Note {
  /** Of the day's file, below the workspace. */
  path: string;
  day: string;
  line: string;
}

export function noteOf(text: string, at: Date, timezone: string): Note {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: timezone, hourCycle: 'h23' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const day = `${part('year')}-${part('month')}-${part('day')}`;
  return { path: `memory/${day}.md`, day, line: `- ${part('hour')}:${part('minute')} ${text}` };
}

/** The day's file with one more line, to be put in place of exactly what was read (null: there is none yet). */
export function withNote(before: string | null, { day, line }: Note) {
  const kept = before === null ? `# ${day}\n\n` : before === '' || before.endsWith('\n') ? before : `${before}\n`;
  const bytes = Buffer.from(`${kept}${line}\n`);
  return {
    bytes: bytes.length,
    expected: before === null ? ('none' as const) : createHash('sha256').update(before).digest('hex'),
    content: async function* () {
      yield bytes;
    },
  };
}
