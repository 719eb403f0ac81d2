import { expect, test } from 'vitest';
import { asBefore, forEditor } from './line-endings.ts';

test('a file keeps the line breaks it had', () => {
  for (const text of ['a\r\nb\r\n', 'a\nb\n', '', 'one line']) expect(asBefore(forEditor(text), text)).toBe(text);
  expect(forEditor('a\r\nb\rc\n')).toBe('a\nb\nc\n');
  expect(asBefore('a\nnew\n', 'a\r\nb\r\n')).toBe('a\r\nnew\r\n');
});
