import { roles } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { sampleOrganization } from './index.ts';

const { departments, tiers, positions, people, layers } = sampleOrganization;

describe('the sample organization', () => {
  it('has 15 departments, 12 positions, 27 people and 4 tiers', () => {
    expect([departments, positions, people, tiers].map((list) => list.length)).toEqual([15, 12, 27, 4]);
  });

  it('gives every department, tier and position an id of its own', () => {
    for (const list of [departments, tiers, positions]) expectUnique(list.map(({ id }) => id));
  });

  it('gives every person an id, a number and an e-mail address of their own', () => {
    for (const key of ['id', 'number', 'email'] as const) expectUnique(people.map((person) => person[key]));
    for (const { id, number, email } of people) {
      expect(id).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
      expect(number).toMatch(/^EMP-\d{3}$/);
      expect(email).toBe(`${id}@acme.example`);
    }
  });

  it('lists a parent department before its children', () => {
    departments.forEach(({ parentId }, index) => {
      if (parentId === null) return;
      expect(departments.slice(0, index).map(({ id }) => id)).toContain(parentId);
    });
  });

  it('puts positions and people into departments, tiers and positions that exist', () => {
    const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
    for (const { departmentId, tierId } of positions) {
      expect(ids(departments)).toContain(departmentId);
      expect(ids(tiers)).toContain(tierId);
    }
    for (const { departmentId, positionId } of people) {
      expect(ids(departments)).toContain(departmentId);
      expect(ids(positions)).toContain(positionId);
    }
    // No position without somebody in it.
    expect(new Set(people.map(({ positionId }) => positionId))).toEqual(new Set(ids(positions)));
  });

  it.each(positions)('allows a $name no tool that the tier cuts off again', ({ tierId, tools }) => {
    const ceiling = tiers.find(({ id }) => id === tierId)?.toolsCeiling;
    expect(ceiling).toEqual(expect.arrayContaining([...tools]));
    expect(tools).toContain('web_search');
  });

  it('gives Software Engineers a shell and Finance Analysts none', () => {
    const toolsOf = (id: string) => positions.find((position) => position.id === id)?.tools;
    expect(toolsOf('pos-sde')).toContain('shell');
    expect(toolsOf('pos-fa')).toEqual(['web_search', 'file']);
  });

  it.each(positions)('tells a $name in 80 to 200 words how to work', ({ id }) => {
    const texts = layers.filter(({ scope, ownerId }) => scope === 'position' && ownerId === id);
    expect(texts).toHaveLength(1);
    const words = wordsOf(texts[0]?.content);
    expect(words).toBeGreaterThanOrEqual(80);
    expect(words).toBeLessThanOrEqual(200);
  });

  it('has one global text, and no text for a position that does not exist', () => {
    const global = layers.filter(({ scope }) => scope === 'global');
    expect(global.map(({ ownerId }) => ownerId)).toEqual(['']);
    expect(wordsOf(global[0]?.content)).toBeGreaterThanOrEqual(150);
    expect(layers).toHaveLength(1 + positions.length);
  });

  it('leaves headings to the composer of the workspace', () => {
    for (const { content } of layers) expect(content).not.toMatch(/^\s*#/m);
  });

  it('makes everybody an employee and has a holder of every role of an organization', () => {
    for (const person of people) expect(person.roles).toContain('employee');
    const held = new Set(people.flatMap((person) => person.roles));
    // The operator belongs to the installation, not to an organization.
    expect([...roles].filter((role) => !held.has(role))).toEqual(['operator']);
  });

  it('points questions about a code review to Software Engineers only', () => {
    const mentions = (topics: readonly string[]) => topics.some((topic) => /\b(code|review)\b/.test(topic));
    expect(positions.filter(({ contactFor }) => mentions(contactFor)).map(({ id }) => id)).toEqual(['pos-sde']);
    const asked = people.filter(({ contactFor }) => mentions(contactFor));
    expect(new Set(asked.map(({ positionId }) => positionId))).toEqual(new Set(['pos-sde']));
    expect(asked.map(({ id }) => id)).toContain('ryan');
  });

  it('names topics in lower case, and each topic for one position only', () => {
    for (const { contactFor } of [...positions, ...people]) {
      expect(contactFor).toEqual(contactFor.map((topic) => topic.toLowerCase()));
    }
    for (const { contactFor } of positions) {
      expect(contactFor.length).toBeGreaterThanOrEqual(3);
      expect(contactFor.length).toBeLessThanOrEqual(6);
    }
    expectUnique(positions.flatMap(({ contactFor }) => contactFor));
  });
});

function expectUnique(values: readonly string[]): void {
  expect(values).toEqual([...new Set(values)]);
}

function wordsOf(text: string | undefined): number {
  return (text ?? '').split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}
