import { expect, test } from 'vitest';
import { readHostName } from './host-name.ts';

test.each([
  ['api.example.com', 'api.example.com'],
  [' API.Example.COM. ', 'api.example.com'],
  ['*.example.com', '*.example.com'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
])('%s is a host', (text, name) => expect(readHostName(text)).toBe(name));

test.each([
  '10.0.0.1',
  '169.254.169.254',
  '127.1',
  '2130706433',
  '0x7f000001',
  '::1',
  '[::1]',
  'localhost',
  'db',
  'printer.local',
  'metadata.google.internal',
  'nas.home.arpa',
  '*',
  '*.com',
  '*.*.com',
  'a.*.com',
  'https://example.com',
  'example.com/path',
  'example.com:443',
  'user@example.com',
  'exa mple.com',
  'example.com\nevil.com',
  'example.1',
  `${'a'.repeat(64)}.com`,
])('%j is none', (text) =>
  expect(() => readHostName(text)).toThrow(expect.objectContaining({ code: 'invalid_request' })),
);
