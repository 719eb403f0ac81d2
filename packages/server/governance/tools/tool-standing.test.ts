import { toolNames } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { allowedOf, onceTools, type ToolFacts, toolStandings } from './tool-standing.ts';

const facts = (changes: Partial<ToolFacts> = {}): ToolFacts => ({
  kind: 'colleague',
  positionTools: ['file'],
  toolsCeiling: ['shell', 'file', 'file_write'],
  blockedTools: [],
  grants: [],
  ...changes,
});
const grant = (tool: string, changes: Partial<ToolFacts['grants'][number]> = {}) => ({
  ...{ tool, mode: 'until' as const, expiresAt: new Date('2026-05-01T10:00:00Z'), usedByTurn: null },
  ...changes,
});
const standing = (tool: string, of: ToolFacts) => toolStandings(of).find((one) => one.tool === tool);

describe('an agent', () => {
  test('has what its position allows within its tier, and each tool says what decided', () => {
    expect(toolStandings(facts()).map(({ tool, allowed, because }) => `${tool} ${allowed} ${because}`)).toEqual([
      'web_search false above_tier',
      'shell false not_in_position',
      'browser false above_tier',
      'file true position',
      'file_write false not_in_position',
      'code_execution false above_tier',
    ]);
  });

  test('of nobody in particular has all that its tier allows', () => {
    const team = facts({ positionTools: null });
    expect(allowedOf(toolStandings(team))).toEqual(['shell', 'file', 'file_write']);
    expect(standing('shell', team)).toMatchObject({ because: 'tier' });
  });

  test('has what was granted above its position, and until when', () => {
    expect(standing('shell', facts({ grants: [grant('shell')] }))).toEqual({
      ...{ tool: 'shell', allowed: true, because: 'grant', until: '2026-05-01T10:00:00.000Z' },
    });
  });

  test('has nothing granted above its tier, nor what nobody may use', () => {
    const granted = { grants: toolNames.map((tool) => grant(tool, { mode: 'permanent', expiresAt: null })) };
    expect(allowedOf(toolStandings(facts({ ...granted, blockedTools: ['shell', 'file'] })))).toEqual(['file_write']);
    expect(standing('file', facts({ blockedTools: ['file'] }))).toMatchObject({ because: 'always_blocked' });
    expect(standing('browser', facts(granted))).toMatchObject({ allowed: false, because: 'above_tier' });
  });

  test.each(['twin', 'assistant'] as const)('that is a %s has nothing at all', (kind) => {
    const all = { positionTools: toolNames, toolsCeiling: toolNames, grants: [grant('shell')] };
    expect(allowedOf(toolStandings(facts({ ...all, kind })))).toEqual([]);
  });
});

describe('a grant for once', () => {
  const once = grant('shell', { mode: 'once' });
  test('is told with the turn that has it', () => {
    expect(onceTools(facts({ grants: [once] }))).toEqual([{ tool: 'shell', turnId: null }]);
    expect(onceTools(facts({ grants: [{ ...once, usedByTurn: 't' }] }))).toEqual([{ tool: 'shell', turnId: 't' }]);
  });
  test('matters only where nothing else gives the tool', () => {
    expect(onceTools(facts({ grants: [once, grant('shell')] }))).toEqual([]);
    expect(onceTools(facts({ positionTools: ['shell'], grants: [once] }))).toEqual([]);
    expect(onceTools(facts({ toolsCeiling: [], grants: [once] }))).toEqual([]);
  });
});
