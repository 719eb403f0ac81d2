import { describe, expect, it } from 'vitest';
import { nothing, sizeOf, stateOfRows, withRows } from './selection.ts';

const rows = [
  { id: 'a', name: 'agent-a' },
  { id: 'b', name: 'agent-b' },
];

describe('a selection', () => {
  it('goes over pages: the rows of one are chosen beside those of another', () => {
    const both = withRows(withRows(nothing, [{ id: 'z', name: 'agent-z' }], true), rows, true);
    expect([...both.ids.values()]).toEqual(['agent-z', 'agent-a', 'agent-b']);
    expect(stateOfRows(both, rows)).toBe('all');
    const without = withRows(both, rows, false);
    expect([...without.ids.keys()]).toEqual(['z']);
    expect(stateOfRows(without, rows)).toBe('none');
  });

  it('shows a page as partly chosen', () => {
    expect(stateOfRows(withRows(nothing, rows.slice(0, 1), true), rows)).toBe('some');
    expect(stateOfRows(nothing, [])).toBe('none');
  });

  it('of everything counts every tenant that fits, and ends with the first exception', () => {
    const everything = { ids: new Map(), everything: true };
    expect(sizeOf(everything, 10_000)).toBe(10_000);
    expect(stateOfRows(everything, rows)).toBe('all');
    const after = withRows(everything, rows.slice(0, 1), true);
    expect(after.everything).toBe(false);
    expect(sizeOf(after, 10_000)).toBe(1);
  });
});
