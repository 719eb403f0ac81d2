import { createHash, createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto';

/** Without letters and digits that look alike: they are copied to paper. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';
const backupCodeCount = 10;

/** How long a browser is not asked again after somebody has said that it is theirs. */
export const trustedDays = 30;

/** Ten codes of two groups of five: 49 bits each, behind a limit of tries. */
export function newBackupCodes(): string[] {
  const group = () => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: backupCodeCount }, () => `${group()}-${group()}`);
}

/** Keyed, so that a copy of the database is not enough to guess a code; however it is typed, the same code is the same hash. */
export function backupCodeHasher(secret: string): (userId: string, code: string) => string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'clawpool backup codes', 32));
  return (userId, code) =>
    createHmac('sha256', key)
      .update(`${userId} ${code.toLowerCase().replaceAll(/[^a-z0-9]/gu, '')}`)
      .digest('base64url');
}

export const newDeviceToken = (): string => randomBytes(32).toString('base64url');

/** 256 random bits need no salt and no work factor. */
export const deviceTokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url');

export const isAppCode = (code: string): boolean => /^\d{6}$/u.test(code.replaceAll(' ', ''));
