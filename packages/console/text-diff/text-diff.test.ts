import { describe, expect, it } from 'vitest';
import { compareTexts, countChanges, foldUnchanged } from './text-diff.ts';

const shown = (before: string, after: string) =>
  compareTexts(before, after).map(({ kind, parts }) => {
    const sign = { same: ' ', removed: '-', added: '+' }[kind];
    return `${sign}${parts.map(({ text, changed }) => (changed ? `[${text}]` : text)).join('')}`;
  });

describe('two versions of a text', () => {
  it('are compared line by line, with the line numbers of both', () => {
    const rows = compareTexts('a\nb\nc', 'a\nc\nd');
    expect(rows.map(({ kind, before, after }) => [kind, before, after])).toEqual([
      ['same', 1, 1],
      ['removed', 2, null],
      ['same', 3, 2],
      ['added', null, 3],
    ]);
    expect(countChanges(rows)).toEqual({ added: 1, removed: 1 });
  });

  it('show the words that were changed within a line', () => {
    expect(shown('Write tests for every change.', 'Write good tests for every change.')).toEqual([
      '-Write tests for every change.',
      '+Write [good ]tests for every change.',
    ]);
    expect(shown('请始终用中文回答。', '请始终用英文回答。')).toEqual([
      '-请始终用[中]文回答。',
      '+请始终用[英]文回答。',
    ]);
  });

  it('show a line that became another one as two lines, not as a salad of letters', () => {
    expect(shown('Never deploy on Fridays.', 'Ask the legal team about contracts')).toEqual([
      '-Never deploy on Fridays.',
      '+Ask the legal team about contracts',
    ]);
  });

  it('do not differ by a line break at the end, nor does an empty one have a line', () => {
    expect(shown('a\n', 'a')).toEqual([' a']);
    expect(shown('', 'a')).toEqual(['+a']);
    expect(shown('', '')).toEqual([]);
  });
});

describe('unchanged lines', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const changed = lines.with(10, 'something else entirely');

  it('far from a change are put away', () => {
    const stretches = foldUnchanged(compareTexts(lines.join('\n'), changed.join('\n')));
    expect(stretches.map(({ kind, rows }) => [kind, rows.length])).toEqual([
      ['unchanged', 7],
      ['rows', 8],
      ['unchanged', 6],
    ]);
  });

  it('are not put away when there are only one or two', () => {
    const stretches = foldUnchanged(compareTexts(lines.slice(6, 16).join('\n'), changed.slice(6, 16).join('\n')));
    expect(stretches.filter(({ kind }) => kind === 'unchanged')).toEqual([]);
  });
});
