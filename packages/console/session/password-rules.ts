import { newPassword } from '@clawpool/contracts';

/** Bounds of a password's length, read off the contract that the server checks. */
export const passwordLength = {
  min: newPassword.minLength ?? 0,
  max: newPassword.maxLength ?? Number.MAX_SAFE_INTEGER,
};

export interface PasswordEntries {
  current: string;
  next: string;
  repeat: string;
}

export type PasswordRule = 'length' | 'short_enough' | 'different' | 'repeat';

/** Which rules the entries meet, in the order in which they are shown. `short_enough` only appears once it is broken. */
export function checkPassword({ current, next, repeat }: PasswordEntries): { rule: PasswordRule; met: boolean }[] {
  return [
    { rule: 'length', met: next.length >= passwordLength.min },
    ...(next.length > passwordLength.max ? [{ rule: 'short_enough', met: false } as const] : []),
    { rule: 'different', met: next !== '' && next !== current },
    { rule: 'repeat', met: next !== '' && next === repeat },
  ];
}
