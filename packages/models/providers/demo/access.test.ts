import { expect, test } from 'vitest';
import { accessOf, asksForStatus } from './access.ts';

test.each([
  [
    'Request the shell for an hour because I have to run git status.',
    { kind: 'tool', resource: 'shell', hours: 1, reason: 'I have to run git status' },
  ],
  [
    'Please ask for access to the skill budgets for 2 days, to close the month',
    { kind: 'skill', resource: 'budgets', hours: 48, reason: 'close the month' },
  ],
  [
    'Request api.example.com for good, because the rates are there',
    { kind: 'host', resource: 'api.example.com', hours: null, reason: 'the rates are there' },
  ],
  ['Request shell', { kind: 'tool', resource: 'shell', reason: 'Request shell' }],
  ['请申请 shell 2 小时，因为要检查代码库。', { kind: 'tool', resource: 'shell', hours: 2, reason: '要检查代码库' }],
])('understands: %s', (text, fields) => expect(accessOf(text)).toEqual(fields));

test.each(['Who are you?', 'Run git status', 'I had a request', '你是谁？', 'Ask Mike for a review'])(
  'is no request: %s',
  (text) => expect(accessOf(text)).toBeNull(),
);

test('knows when somebody asks what became of their requests', () => {
  expect(['What became of my requests?', '我的申请'].map(asksForStatus)).toEqual([true, true]);
  expect(asksForStatus('Who are you?')).toBe(false);
});
