import { describe, expect, it } from 'vitest';
import { sectionsOf } from './merged-sections.ts';

const merged = `# Who you are

You are Ada.

## Global (set by the organization)

Be honest.

#### From the organization text: Personal

## Position: Maker

Make.

## Personal

Be brief.
`;

describe('the merged SOUL.md', () => {
  it('is told apart by the layers its sections come from', () => {
    expect(sectionsOf('SOUL.md', merged)).toEqual([
      { layer: null, text: '# Who you are\n\nYou are Ada.' },
      {
        layer: 'global',
        text: '## Global (set by the organization)\n\nBe honest.\n\n#### From the organization text: Personal',
      },
      { layer: 'position', text: '## Position: Maker\n\nMake.' },
      { layer: 'personal', text: '## Personal\n\nBe brief.' },
    ]);
  });
});

it('a file that is no layer’s is one section', () => {
  expect(sectionsOf('USER.md', '## Personal\n')).toEqual([{ layer: null, text: '## Personal\n' }]);
});
