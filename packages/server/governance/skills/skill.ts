import { ClawpoolError } from '@clawpool/contracts';

/** What a SKILL.md says of itself (https://agentskills.io/specification): its frontmatter. */
export interface SkillHead {
  name: string;
  description: string;
}

/** The specification's limit. */
const longestDescription = 1024;

/**
 * Reads name and description from a SKILL.md's frontmatter. The name has to be the one under which the skill is stored, since OpenClaw
 * finds it by its folder. Error: `invalid_request`, which says what is wrong.
 */
export function parseSkill(name: string, content: string): SkillHead {
  const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  const end = lines.findIndex((line, index) => index > 0 && /^---\s*$/.test(line));
  if (!/^---\s*$/.test(lines[0] ?? '') || end < 0) {
    throw invalid('A SKILL.md begins with its frontmatter between two lines of `---`.');
  }
  const head = readFrontmatter(lines.slice(1, end));
  if (!head.has('name')) throw invalid('Its frontmatter has no `name`.');
  if (head.get('name') !== name) {
    throw invalid(`Its name is “${head.get('name')}”, and it is stored as “${name}”: the two have to be the same.`);
  }
  const description = head.get('description') ?? '';
  if (description === '')
    throw invalid('Its frontmatter has no `description`: by it an agent decides when to use the skill.');
  if (description.length > longestDescription) {
    throw invalid(`Its description has more than ${longestDescription} characters.`);
  }
  return { name, description };
}

/**
 * The top-level scalars of the frontmatter. Of YAML this understands what descriptions are written in: plain and quoted text, over
 * several lines too, and `|` and `>` blocks. Lists and maps are for OpenClaw to read.
 */
function readFrontmatter(lines: readonly string[]): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < lines.length; at += 1) {
    const [, key, first] = /^([A-Za-z][\w-]*):(?:\s+(.*))?$/.exec(lines[at] ?? '') ?? [];
    if (key === undefined) continue;
    const more: string[] = [];
    while (at + 1 < lines.length && /^(\s+\S|\s*$)/.test(lines[at + 1] ?? '')) more.push((lines[++at] ?? '').trim());
    if (fields.has(key)) throw invalid(`Its frontmatter has two of \`${key}\`.`);
    fields.set(key, scalar((first ?? '').trim(), more));
  }
  return fields;
}

function scalar(first: string, more: readonly string[]): string {
  if (/^[|>][+-]?$/.test(first)) return more.join(first.startsWith('|') ? '\n' : ' ').trim();
  const text = [first, ...more].filter((line) => line !== '').join(' ');
  if (/^".*"$/s.test(text)) return unquote(text);
  if (/^'.*'$/s.test(text)) return text.slice(1, -1).replaceAll("''", "'").trim();
  // What follows a blank and a hash is a comment.
  return text.replace(/(^|\s)#.*$/s, '').trim();
}

/** YAML's double quotes are JSON's, as far as descriptions go. */
function unquote(text: string): string {
  try {
    return (JSON.parse(text) as string).trim();
  } catch {
    return text.slice(1, -1).trim();
  }
}

const invalid = (message: string) =>
  new ClawpoolError('invalid_request', message, 'The format is described at https://agentskills.io/specification.');
