/** Characters shown before and after a place that was found. */
const around = 80;

export interface Excerpt {
  excerpt: string;
  /** Where the match is in it, in UTF-16 code units. */
  start: number;
  end: number;
}

/** The text around the first place where `searched` is said, in any case; from the beginning when it is nowhere. */
export function excerptOf(text: string, searched: string): Excerpt {
  const match = new RegExp(searched.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'i').exec(text);
  const at = match?.index ?? 0;
  const length = match?.[0].length ?? 0;
  const from = boundary(text, Math.max(0, at - around));
  const until = boundary(text, Math.min(text.length, at + length + around));
  const before = from > 0 ? '…' : '';
  const after = until < text.length ? '…' : '';
  const start = before.length + at - from;
  return { excerpt: before + text.slice(from, until) + after, start, end: start + length };
}

/** Not in the middle of a character outside of the basic plane. */
const boundary = (text: string, at: number) => (/[\uDC00-\uDFFF]/.test(text[at] ?? '') && at > 0 ? at - 1 : at);
