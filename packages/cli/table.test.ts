import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, renderPairs, renderTable } from './table.ts';

describe('text for people', () => {
  it('aligns columns by what a terminal shows, Chinese included', () => {
    expect(
      renderTable(
        ['NAME', 'STATE'],
        [
          ['财务', 'running'],
          ['x', 'failed'],
        ],
      ),
    ).toBe(['NAME  STATE', '财务  running', 'x     failed'].join('\n'));
  });

  it('leaves no blanks at the end of a line', () => {
    expect(renderTable(['A', 'B'], [['x', '']])).toBe('A  B\nx');
  });

  it('puts further lines of a value below the first', () => {
    expect(
      renderPairs(
        [
          ['Data', '/d'],
          ['Driver', 'one\ntwo'],
        ],
        ' ',
      ),
    ).toBe(' Data    /d\n Driver  one\n         two');
  });

  it.each([
    [40, '0.0 s'],
    [2_340, '2.3 s'],
    [61_000, '1 min 1 s'],
    [3_660_000, '1 h 1 min'],
    [200_000_000, '2 days'],
  ])('writes %d ms as %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it.each([
    [300 * 1024 ** 2, '300 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
  ])('writes %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
