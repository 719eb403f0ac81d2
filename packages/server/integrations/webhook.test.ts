import { expect, test } from 'vitest';
import { isPublicAddress, newWebhookSecret, webhookBackoffMs } from './webhook.ts';

test('waits longer after each failure, for more than a day in all, and then not again', () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => webhookBackoffMs(attempts, 0.5) ?? 0);
  expect(waits.map((ms) => ms / 1000)).toEqual([5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200]);
  expect(webhookBackoffMs(9)).toBeNull();
});

test('spreads what failed together', () => {
  expect([webhookBackoffMs(1, 0), webhookBackoffMs(1, 1)]).toEqual([4_000, 6_000]);
});

test.each(['8.8.8.8', '2001:4860:4860::8888', '::ffff:8.8.8.8'])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

test.each([
  '127.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.100.100.200',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '::127.0.0.1',
  'not an address',
])('%s is not', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test('makes secrets as Standard Webhooks writes them', () => {
  expect(newWebhookSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/u);
  expect(newWebhookSecret()).not.toBe(newWebhookSecret());
});
