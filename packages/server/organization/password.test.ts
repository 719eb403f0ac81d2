import { newPassword as shape } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { generatePassword, passwordWeakness } from './password.ts';

const weakness = (newPassword: string) =>
  passwordWeakness({
    newPassword,
    currentPassword: 'the-current-one',
    email: 'carol.zhang@acme.example',
    name: 'Carol Zhang',
  });

describe('a new password', () => {
  test.each([
    'seven gentle walruses',
    'Tr0ub4dor&3xyz',
    '窗前明月光疑是地上霜',
    'carolina is a song',
    'zhangzhou has nice tea',
  ])('may be %s', (password) => {
    expect(weakness(password)).toBeNull();
  });

  test.each([
    ['the-current-one', 'the one you have'],
    ['aaaaaaaaaaaa', 'repeats'],
    ['abababababab', 'repeats'],
    ['1234567890', 'first that are tried'],
    ['zyxwvutsrq', 'first that are tried'],
    ['PASSWORD-1234', 'first that are tried'],
    ['Qwertyuiop', 'first that are tried'],
    ['carol12345', 'carol'],
    ['Zhang_2026', 'zhang'],
    ['clawpool!!1', 'clawpool'],
  ])('may not be %s: %s', (password, why) => {
    expect(weakness(password)).toContain(why);
  });
});

describe('a generated password', () => {
  test('is long, easy to type, and another one each time', () => {
    const passwords = Array.from({ length: 200 }, generatePassword);
    expect(new Set(passwords).size).toBe(200);
    for (const password of passwords) {
      expect(password).toMatch(/^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/);
      expect(shape.safeParse(password).success).toBe(true);
      expect(weakness(password)).toBeNull();
    }
  });
});
