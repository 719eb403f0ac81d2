import { configTemplateContent, type Tier } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { changesBetween, diffLines } from './template-diff.ts';
import { contentOf, emptyForm, filledFrom, findTier, formOf, templateLimits } from './template-form.ts';

const tier: Tier = {
  id: 'standard',
  name: 'Standard',
  driver: null,
  image: null,
  model: null,
  cpus: 0.5,
  memoryMegabytes: 1024,
  diskMegabytes: 2048,
  idleMinutes: 15,
  alwaysOn: false,
  fastPath: false,
  heartbeatMinutes: 0,
  toolsCeiling: ['file'],
  egressHosts: [],
  ...{ description: '', pids: 128, version: 1, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'Clawpool' },
  ...{ positions: 0, agents: 0, awake: 0 },
};

describe('the form of a template', () => {
  it('says nothing about what was left empty', () => {
    expect(contentOf(emptyForm)).toEqual({ description: '', skills: [], skillGroups: [], instructions: '' });
  });

  it('brings back every field as it was', () => {
    const content = configTemplateContent.parse({
      description: 'For the finance floor',
      tier: 'standard',
      image: 'openclaw-2026.3.24',
      cpus: 1.5,
      memoryMegabytes: 2048,
      diskMegabytes: 4096,
      idleMinutes: 30,
      model: 'anthropic/claude',
      contextWindow: 200_000,
      maxOutputTokens: 8192,
      skills: ['ledger'],
      skillGroups: ['finance'],
      instructions: 'Round to cents.\n',
    });
    expect(contentOf(formOf(content))).toEqual(content);
  });

  it.each(Object.entries(templateLimits))('has the contracts’ limits for %s', (key, { min, max, whole }) => {
    const accepted = (value: number) => configTemplateContent.safeParse({ [key]: value }).success;
    const step = whole ? 1 : 0.01;
    expect([min, max, min - step, max + step].map(accepted)).toEqual([true, true, false, false]);
    expect(accepted(min + 0.5)).toBe(!whole);
  });

  it('cannot be sent with a number that does not fit', () => {
    expect(contentOf({ ...emptyForm, memoryMegabytes: '100' })).toBeNull();
    expect(contentOf({ ...emptyForm, cpus: 'two' })).toBeNull();
  });

  it('takes over what the tier decides and keeps the rest', () => {
    const filled = contentOf(filledFrom(tier, { ...emptyForm, instructions: 'Be brief.', image: 'other' }));
    expect(filled).toEqual({
      description: '',
      tier: 'standard',
      cpus: 0.5,
      memoryMegabytes: 1024,
      diskMegabytes: 2048,
      idleMinutes: 15,
      skills: [],
      skillGroups: [],
      instructions: 'Be brief.',
    });
  });

  it('finds a tier by its id or its name', () => {
    expect(findTier([tier], 'standard')).toBe(tier);
    expect(findTier([tier], 'Standard')).toBe(tier);
    expect(findTier([tier], '')).toBeUndefined();
  });
});

describe('two versions of a template', () => {
  const content = (parts: object) => configTemplateContent.parse(parts);

  it('differ only in the fields that say something else', () => {
    expect(
      changesBetween(
        content({ tier: 'standard', cpus: 1, skills: ['b', 'a'] }),
        content({ tier: 'standard', cpus: 2, idleMinutes: 5, skills: ['a', 'b'] }),
      ),
    ).toEqual([
      { field: 'cpus', before: '1', after: '2' },
      { field: 'idleMinutes', before: null, after: '5' },
    ]);
  });

  it('are compared line by line', () => {
    const lines = diffLines('one\ntwo\nthree', 'one\n2\nthree\nfour');
    expect(lines.map(({ kind, text }) => `${{ same: ' ', removed: '-', added: '+' }[kind]}${text}`)).toEqual([
      ' one',
      '-two',
      '+2',
      ' three',
      '+four',
    ]);
  });

  it('are all new beside nothing', () => {
    expect(diffLines('', 'a')).toEqual([{ kind: 'added', text: 'a' }]);
    expect(diffLines('a', '')).toEqual([{ kind: 'removed', text: 'a' }]);
  });
});
