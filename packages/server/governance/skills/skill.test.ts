import { describe, expect, test } from 'vitest';
import { parseSkill } from './skill.ts';

const skill = (...head: string[]) => ['---', 'name: travel', ...head, '---', '', '# Travel', 'Book early.'].join('\n');

describe('a SKILL.md', () => {
  test.each([
    ['plain', 'description: Books trips. Use it for travel.', 'Books trips. Use it for travel.'],
    ['with a colon', 'description: Books: trips', 'Books: trips'],
    ['with a comment', 'description: Books trips # since May', 'Books trips'],
    ['in double quotes', 'description: "Books \\"trips\\" # always"', 'Books "trips" # always'],
    ['in single quotes', "description: 'It''s for trips'", "It's for trips"],
    ['over several lines', 'description: Books\n  trips', 'Books trips'],
    ['as a folded block', 'description: >-\n  Books\n  trips', 'Books trips'],
    ['as a literal block', 'description: |\n  Books\n  trips', 'Books\ntrips'],
    [
      'before lists and maps',
      'description: Books trips\nmetadata:\n  description: other\n  tags: [a, b]',
      'Books trips',
    ],
  ])('has its description %s', (_how, line, description) => {
    expect(parseSkill('travel', skill(line))).toEqual({ name: 'travel', description });
  });

  test('may come from Windows', () => {
    const text = `\uFEFF${skill('description: Trips').replaceAll('\n', '\r\n')}`;
    expect(parseSkill('travel', text).description).toBe('Trips');
  });

  test.each([
    ['no frontmatter', '# Travel', 'frontmatter'],
    ['frontmatter that does not end', '---\nname: travel\ndescription: x', 'frontmatter'],
    ['no name', '---\ndescription: x\n---\n', 'no `name`'],
    ['another name', '---\nname: trips\ndescription: x\n---\n', 'trips'],
    ['no description', skill(), '`description`'],
    ['an empty description', skill('description: ""'), '`description`'],
    ['a description of a page', skill(`description: ${'x'.repeat(1025)}`), '1024'],
    ['two descriptions', skill('description: a', 'description: b'), 'two of'],
  ])('with %s is refused, saying so', (_what, text, says) => {
    let error: unknown;
    try {
      parseSkill('travel', text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalid_request', message: expect.stringContaining(says) });
    expect(error).toMatchObject({ hint: expect.stringContaining('agentskills.io') });
  });
});
