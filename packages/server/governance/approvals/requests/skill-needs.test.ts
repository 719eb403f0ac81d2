import { expect, test } from 'vitest';
import { toolsOfSkill } from './skill-needs.ts';

const skill = (head: string) =>
  `---\nname: x\ndescription: uses tools: shell in its text\n${head}\n---\n\ntools: [browser]\n`;

test.each([
  ['', []],
  ['tools: [file, web_search]', ['web_search', 'file']],
  ['requires:\n  tools:\n    - file_write\n    - browser', ['browser', 'file_write']],
  ['allowed-tools: exec', ['shell']],
  ['metadata: {"openclaw":{"requires":{"bins":["git"]}}}', ['shell']],
  ['metadata: {"openclaw":{"requires":{"anyBins":["git","hg"]}}}', ['shell']],
  ['metadata: {"openclaw":{"requires":{"bins":[],"env":["KEY"]}}}', []],
])('a skill with %j needs %j', (head, tools) => expect(toolsOfSkill(skill(head))).toEqual(tools));

test('what has no frontmatter needs nothing', () => expect(toolsOfSkill('tools: [shell]')).toEqual([]));
