import { describe, expect, test } from 'vitest';
import { inWords, longestHours, rateRisk } from './risk.ts';

describe('the risk', () => {
  test.each([
    ['tool', 'shell', 'high'],
    ['tool', 'file_write', 'medium'],
    ['tool', 'code_execution', 'medium'],
    ['tool', 'browser', 'medium'],
    ['tool', 'web_search', 'low'],
    ['tool', 'file', 'low'],
    ['host', 'api.example.com', 'medium'],
    ['host', '*.example.com', 'high'],
    ['skill', 'budgets', 'low'],
  ] as const)('of the %s %s for some hours is %s', (kind, resource, risk) => {
    expect(rateRisk({ kind, resource, hours: 8 }).risk).toBe(risk);
  });

  test.each([
    ['file', 'medium'],
    ['browser', 'high'],
    ['shell', 'high'],
  ] as const)('of %s for good is a step higher: %s', (resource, risk) => {
    const rated = rateRisk({ kind: 'tool', resource, hours: null });
    expect(rated.risk).toBe(risk);
    expect(inWords(rated.reasons)).toContain('without an end');
  });

  test('of a skill is that of the worst tool it needs', () => {
    const rated = rateRisk({ kind: 'skill', resource: 'deploys', hours: 1, needs: ['file', 'shell', 'browser'] });
    expect(rated).toEqual({
      risk: 'high',
      reasons: [
        { code: 'of_a_skill', tool: 'shell' },
        { code: 'runs_commands', tool: null },
      ],
    });
    expect(inWords(rated.reasons)).toContain('how to use shell');
  });
});

test('what is of high risk is granted for a day at most, when it ends at all', () => {
  expect([longestHours('high'), longestHours('medium'), longestHours('low')]).toEqual([24, 8_760, 8_760]);
});
