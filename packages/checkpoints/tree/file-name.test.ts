import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFileName, nameFromBytes, pathToBytes } from './file-name.ts';

test('every name that a file can have comes back byte for byte', () => {
  const names = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(names, (bytes) => {
      const name = nameFromBytes(bytes);
      expect(Buffer.from(pathToBytes(name))).toEqual(bytes);
    }),
  );
});

test('two names are never written down as one', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((values) => Buffer.from(values));
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(nameFromBytes(a) === nameFromBytes(b)).toBe(a.equals(b));
    }),
  );
});

test.each(['', '.', '..', 'a/b', '/', 'a\0b', '\ud800', '\udc41', 'ok\udcc3\udca4'])(
  'is no name of a file: %j',
  (name) => {
    expect(isFileName(name)).toBe(false);
  },
);

test.each(['a', '...', '.git', 'line\nbreak', 'ünïcödé', '\udcff', '😀', '\ufffd'])(
  'is a name of a file: %j',
  (name) => {
    expect(isFileName(name)).toBe(true);
  },
);
