import { expect, test } from 'vitest';
import { foldersAbove, isFolderPath, nameOf, nameProblem, parentOf, withoutSlash } from './paths.ts';

test('a path says whether it is a folder’s, what its name is, and what is above it', () => {
  expect([isFolderPath(''), isFolderPath('a/'), isFolderPath('a/b.md')]).toEqual([true, true, false]);
  expect([withoutSlash(''), withoutSlash('a/b/'), withoutSlash('a/b.md')]).toEqual(['', 'a/b', 'a/b.md']);
  expect([nameOf(''), nameOf('a/b/'), nameOf('a/b.md')]).toEqual(['', 'b', 'b.md']);
  expect([parentOf(''), parentOf('a.md'), parentOf('a/b/'), parentOf('a/b/c.md')]).toEqual(['', '', 'a/', 'a/b/']);
  expect(foldersAbove('a/b/c.md')).toEqual(['a/', 'a/b/']);
  expect(foldersAbove('c.md')).toEqual([]);
});

test.each([
  ['notes.md', null],
  ['会议记录.md', null],
  ['', 'empty'],
  ['a/b', 'unfit'],
  ['..', 'unfit'],
  ['a\nb', 'unfit'],
  ['x'.repeat(241), 'long'],
])('the name %j is %s', (name, problem) => expect(nameProblem(name)).toBe(problem));
