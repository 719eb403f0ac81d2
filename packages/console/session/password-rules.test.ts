import { describe, expect, it } from 'vitest';
import { checkPassword, passwordLength } from './password-rules.ts';

const unmet = (current: string, next: string, repeat: string) =>
  checkPassword({ current, next, repeat })
    .filter(({ met }) => !met)
    .map(({ rule }) => rule);

describe('a new password', () => {
  it('takes its bounds from the contract', () => {
    expect(passwordLength).toEqual({ min: 10, max: 128 });
  });

  it('meets no rule while it is empty', () => {
    expect(unmet('', '', '')).toEqual(['length', 'different', 'repeat']);
  });

  it('needs length, a difference to the old one, and the same text twice', () => {
    expect(unmet('old password', 'ninechars', 'ninechars')).toEqual(['length']);
    expect(unmet('old password', 'old password', 'old password')).toEqual(['different']);
    expect(unmet('old password', 'new password', 'new passwort')).toEqual(['repeat']);
    expect(unmet('old password', 'new password', 'new password')).toEqual([]);
  });

  it('is told when it is too long', () => {
    const long = 'x'.repeat(129);
    expect(unmet('old password', long, long)).toEqual(['short_enough']);
  });
});
