import { describe, expect, test } from 'vitest';
import { nextPage } from './next-page.ts';

describe('the page after a sign-in', () => {
  test('is the one that was wanted, on this site', () => {
    expect(nextPage('/chat/c1?x=1#end')).toBe('/chat/c1?x=1#end');
  });

  test.each([
    undefined,
    '',
    'chat',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/.//evil.example',
    'javascript:alert(1)',
    '/sign-in?next=/chat',
    '/password',
    '/api/v1/session',
  ])('%j leads home', (wanted) => expect(nextPage(wanted)).toBe('/'));
});
