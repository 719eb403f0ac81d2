import { describe, expect, test } from 'vitest';
import { base32, codeOfStep, keyUri, stepOfCode } from './totp.ts';

/** RFC 6238, appendix B, SHA-1; the RFC shows eight digits, of which an app shows the last six. */
const secret = Buffer.from('12345678901234567890');
const vectors: [number, string][] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
];

describe('a time-based code', () => {
  test.each(vectors)('at second %d is the one of RFC 6238', (seconds, code) => {
    expect(codeOfStep(secret, Math.floor(seconds / 30))).toBe(code.slice(2));
    expect(stepOfCode(secret, code.slice(2), { now: seconds * 1000, lastStep: 0 })).toBe(Math.floor(seconds / 30));
  });

  test('is taken half a minute early or late, and no more', () => {
    const taken = [-2, -1, 0, 1, 2].map((offset) =>
      stepOfCode(secret, codeOfStep(secret, 1000 + offset), { now: 1000 * 30_000, lastStep: 0 }),
    );
    expect(taken).toEqual([null, 999, 1000, 1001, null]);
  });

  test('is not taken again, nor one before it', () => {
    const at = { now: 1000 * 30_000, lastStep: 1000 };
    expect(stepOfCode(secret, codeOfStep(secret, 1000), at)).toBeNull();
    expect(stepOfCode(secret, codeOfStep(secret, 999), at)).toBeNull();
    expect(stepOfCode(secret, codeOfStep(secret, 1001), at)).toBe(1001);
  });

  test('of a wrong length or of other characters is of no step', () => {
    for (const code of ['', '1234567', 'abcdef', '１２３４５６']) {
      expect(stepOfCode(secret, code, { now: 59_000, lastStep: 0 })).toBeNull();
    }
  });
});

test('secrets are written as RFC 4648 says', () => {
  const vectorsOfBase32 = ['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'];
  expect(['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'].map((text) => base32(Buffer.from(text)))).toEqual(
    vectorsOfBase32,
  );
});

test('the address in a QR code names organization and person, whatever is in their names', () => {
  const uri = new URL(keyUri(secret, { issuer: 'Clawpool: A & B', account: 'ann@small.example' }));
  expect(decodeURIComponent(uri.pathname)).toContain('Clawpool: A & B:ann@small.example');
  expect(uri.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
  expect(uri.searchParams.get('issuer')).toBe('Clawpool: A & B');
});
