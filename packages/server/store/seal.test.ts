import { expect, test } from 'vitest';
import { createSeal } from './seal.ts';

const seal = createSeal('the installation’s secret', 'tests');

test('what was sealed opens again, and does not show', () => {
  const sealed = seal.seal('123456:bot-token');
  expect(sealed).not.toContain('bot-token');
  expect(seal.seal('123456:bot-token')).not.toBe(sealed);
  expect(seal.open(sealed)).toBe('123456:bot-token');
});

test('with another secret, for another purpose or when it was changed, it does not open', () => {
  const sealed = seal.seal('123456:bot-token');
  const changed = `${sealed.slice(0, -2)}${sealed.endsWith('AA') ? 'BB' : 'AA'}`;
  expect(() => createSeal('another secret', 'tests').open(sealed)).toThrow();
  expect(() => createSeal('the installation’s secret', 'other').open(sealed)).toThrow();
  expect(() => seal.open(changed)).toThrow();
});
