import type { ConfigTemplateContent } from '@clawpool/contracts';

export const templateFields = [
  'description',
  'tier',
  'image',
  'cpus',
  'memoryMegabytes',
  'diskMegabytes',
  'idleMinutes',
  'model',
  'contextWindow',
  'maxOutputTokens',
  'skills',
  'skillGroups',
  'instructions',
] as const;
export type TemplateFieldName = (typeof templateFields)[number];

/** What one version says differently from another. */
export interface FieldChange {
  field: TemplateFieldName;
  /** Null: says nothing about it. */
  before: string | null;
  after: string | null;
}

/** The fields in which two versions differ, in the order of the form. */
export function changesBetween(before: ConfigTemplateContent, after: ConfigTemplateContent): FieldChange[] {
  return templateFields
    .map((field) => ({ field, before: textOf(before[field]), after: textOf(after[field]) }))
    .filter((change) => change.before !== change.after);
}

function textOf(value: string | number | readonly string[] | undefined): string | null {
  const text = Array.isArray(value) ? value.toSorted().join('\n') : (value?.toString() ?? '');
  return text === '' ? null : text;
}

export interface DiffLine {
  kind: 'same' | 'removed' | 'added';
  text: string;
}

/**
 * Two texts line by line, by their longest common subsequence. Instructions have at most 8,000 characters, so the quadratic table is
 * small.
 */
export function diffLines(before: string, after: string): DiffLine[] {
  const a = linesOf(before);
  const b = linesOf(after);
  // common[i][j]: length of the longest common subsequence of a from i and b from j.
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      row(common, i)[j] =
        a[i] === b[j]
          ? (row(common, i + 1)[j + 1] ?? 0) + 1
          : Math.max(row(common, i + 1)[j] ?? 0, row(common, i)[j + 1] ?? 0);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left });
      i += 1;
      j += 1;
    } else if (
      left !== undefined &&
      (right === undefined || (row(common, i + 1)[j] ?? 0) >= (row(common, i)[j + 1] ?? 0))
    ) {
      lines.push({ kind: 'removed', text: left });
      i += 1;
    } else {
      lines.push({ kind: 'added', text: right ?? '' });
      j += 1;
    }
  }
  return lines;
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.split('\n'));

function row(table: readonly Uint16Array[], index: number): Uint16Array {
  const found = table[index];
  if (found === undefined) throw new RangeError(`row ${index}`);
  return found;
}
