import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Seconds one code lasts, and its digits: what every authenticator app takes as given (RFC 6238 §4.1, §5.2). */
const stepSeconds = 30;
const digits = 6;

/** RFC 4226 §4 R6 recommends 160 bits. */
export const newSecret = (): Buffer => randomBytes(20);

/**
 * The time step of which `code` is, looking one step back and ahead for clocks that differ (RFC 6238 §5.2); null: of none of them. `now` in
 * milliseconds. Codes of steps up to `lastStep` have been used and are not taken again.
 */
export function stepOfCode(
  secret: Buffer,
  code: string,
  { now, lastStep }: { now: number; lastStep: number },
): number | null {
  const current = Math.floor(now / 1000 / stepSeconds);
  const given = Buffer.from(code);
  let found: number | null = null;
  // All three are compared, whichever fits.
  for (const step of [current - 1, current, current + 1]) {
    const expected = Buffer.from(codeOfStep(secret, step));
    const fits = given.length === expected.length && timingSafeEqual(given, expected);
    if (fits && step > lastStep) found ??= step;
  }
  return found;
}

/** HOTP (RFC 4226 §5.3) of the step's number: what an app shows in that step. */
export function codeOfStep(secret: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** What the QR code says: https://github.com/google/google-authenticator/wiki/Key-Uri-Format. */
export function keyUri(secret: Buffer, { issuer, account }: { issuer: string; account: string }): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(account)}`;
  const parameters = new URLSearchParams({ secret: base32(secret), issuer, digits: '6', period: '30' });
  // Apps read a plus as a plus, not as a space.
  return `otpauth://totp/${label}?${parameters.toString().replaceAll('+', '%20')}`;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 §6, without padding. */
export function base32(bytes: Buffer): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      text += alphabet[(value >>> (bits - 5)) & 31];
      bits -= 5;
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}
