import { randomInt } from 'node:crypto';

/** Without letters and digits that look alike: it is read from a terminal and typed. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789';

/** Four groups of five: 99 bits. */
export function generatePassword(): string {
  const group = () => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join('');
  return Array.from({ length: 4 }, group).join('-');
}

interface NewPassword {
  newPassword: string;
  currentPassword: string;
  email: string;
  name: string;
}

/**
 * What is wrong with a new password, as a sentence for the person; null when it may be used. Length is the contracts' matter;
 * here is what guessers try first (NIST SP 800-63B §3.1.1.2: compare with commonly used and context-specific ones, demand no
 * mixture of characters).
 */
export function passwordWeakness({ newPassword, currentPassword, email, name }: NewPassword): string | null {
  const folded = newPassword.toLowerCase();
  if (newPassword === currentPassword) return 'The new password is the one you have.';
  if (new Set(folded).size < 5) return 'The new password repeats very few characters.';
  if (isRun(folded) || commonPasswords.has(folded.replace(/[^a-z0-9]/g, '')))
    return 'The new password is one of the first that are tried.';
  const own = [email.split('@', 1)[0] ?? '', ...name.split(/\s+/), 'clawpool'].map((word) => word.toLowerCase());
  const hit = own.find((word) => word.length >= 4 && folded.includes(word) && folded.length - word.length < 6);
  return hit ? `The new password is little more than “${hit}”.` : null;
}

/** 0123456789, abcdefghij, and the same backwards. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((character, index) => character.charCodeAt(0) - text.charCodeAt(index));
  return steps.every((step) => step === 1 || step === -9) || steps.every((step) => step === -1 || step === 9);
}

/** Of ten and more characters, letters and digits only, lower case: the ones that head every published list. */
const commonPasswords: ReadonlySet<string> = new Set(
  `password12 password123 password1234 password12345 passwordpassword mypassword newpassword changeme123 changemenow
   qwertyuiop qwertyuiop123 qwerty12345 qwerty123456 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc q1w2e3r4t5 asdfghjkl123 zxcvbnm123
   iloveyou123 letmein123 letmeinnow welcome123 welcome1234 welcome12345 administrator admin12345 admin123456 administrator1
   football123 baseball123 superman123 sunshine123 princess123 abc1234567 abcd123456 a123456789 abc123456789 123456789a
   123456789q 123123123123 0987654321 9876543210 1234512345 1122334455 secret1234 summer2024 summer2025 summer2026 winter2025
   winter2026 trustno1trustno1 passw0rd123 p4ssw0rd123 openclaw123 openclaw2026`.split(/\s+/),
);
