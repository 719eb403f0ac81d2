import { diffArrays, diffWordsWithSpace } from 'diff';

export interface DiffPart {
  text: string;
  /** Within a line that has a counterpart: what is different in it. */
  changed: boolean;
}

export interface DiffRow {
  kind: 'same' | 'removed' | 'added';
  /** Numbers of the line in both texts, from 1; null where it is not. */
  before: number | null;
  after: number | null;
  parts: readonly DiffPart[];
}

/** A stretch of the comparison: lines to be read, or unchanged ones that nobody needs to. */
export interface DiffStretch {
  kind: 'rows' | 'unchanged';
  rows: readonly DiffRow[];
}

/** Two texts line by line; where a line was changed into another, word by word. */
export function compareTexts(before: string, after: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let [left, right] = [1, 1];
  const changes = diffArrays(linesOf(before), linesOf(after));
  for (let index = 0; index < changes.length; index += 1) {
    const { value, added, removed } = changes[index] as (typeof changes)[number];
    if (!added && !removed) {
      for (const text of value) rows.push({ kind: 'same', before: left++, after: right++, parts: whole(text) });
      continue;
    }
    const next = changes[index + 1];
    const replaced = removed && next?.added ? next.value : [];
    const pairs = value.map((text, line) => wordsOf(text, replaced[line]));
    if (removed) {
      for (const { old } of pairs) rows.push({ kind: 'removed', before: left++, after: null, parts: old });
      for (const [line, text] of replaced.entries()) {
        rows.push({ kind: 'added', before: null, after: right++, parts: pairs[line]?.new ?? whole(text) });
      }
      if (replaced.length > 0) index += 1;
    } else {
      for (const text of value) rows.push({ kind: 'added', before: null, after: right++, parts: whole(text) });
    }
  }
  return rows;
}

/** Puts unchanged lines that are further than `context` from a change away. */
export function foldUnchanged(rows: readonly DiffRow[], context = 3): DiffStretch[] {
  const near = rows.map((_, index) =>
    rows.slice(Math.max(0, index - context), index + context + 1).some(({ kind }) => kind !== 'same'),
  );
  const stretches: { kind: DiffStretch['kind']; rows: DiffRow[] }[] = [];
  for (const [index, row] of rows.entries()) {
    const kind = near[index] ? 'rows' : 'unchanged';
    const current = stretches.at(-1);
    if (current?.kind === kind) current.rows.push(row);
    else stretches.push({ kind, rows: [row] });
  }
  // Hiding one or two lines behind a line that says so hides nothing.
  return stretches.map((stretch) => (stretch.rows.length < 3 ? { ...stretch, kind: 'rows' } : stretch));
}

/** How many lines one text has more and less than the other. */
export function countChanges(rows: readonly DiffRow[]): { added: number; removed: number } {
  return {
    added: rows.filter(({ kind }) => kind === 'added').length,
    removed: rows.filter(({ kind }) => kind === 'removed').length,
  };
}

/** An empty text has no lines, and the last line break begins none. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const whole = (text: string): DiffPart[] => [{ text, changed: false }];

/** Lines that share less than this part of their letters are different lines, not one that was changed. */
const alike = 0.35;

function wordsOf(before: string, after: string | undefined): { old: DiffPart[]; new: DiffPart[] } {
  if (after === undefined) return { old: whole(before), new: [] };
  const words = diffWordsWithSpace(before, after);
  const shared = words
    .filter(({ added, removed }) => !added && !removed)
    .reduce((sum, { value }) => sum + value.trim().length, 0);
  if (shared < alike * Math.max(before.length, after.length)) return { old: whole(before), new: whole(after) };
  const side = (other: 'added' | 'removed') =>
    words
      .filter((word) => !word[other])
      .map(({ value, added, removed }) => ({ text: value, changed: added || removed }));
  return { old: side('added'), new: side('removed') };
}
