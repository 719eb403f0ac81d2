import { expect, test } from 'vitest';
import { moveOf } from './tree-keys.ts';

test.each([
  ['ArrowRight', 'toggle', 'next', null],
  ['ArrowLeft', 'parent', 'toggle', 'parent'],
  ['ArrowDown', 'next', 'next', 'next'],
  ['Enter', 'select', 'select', 'select'],
  ['x', null, null, null],
])('%s does %s on a closed folder, %s on an open one, %s on a file', (key, closed, open, file) => {
  const moves = [false, true, null].map((state) => moveOf(key, { open: state, top: false }));
  expect(moves).toEqual([closed, open, file]);
});

test('the workspace itself is never closed', () => expect(moveOf('ArrowLeft', { open: true, top: true })).toBeNull());
