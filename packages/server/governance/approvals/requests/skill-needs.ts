import { type ToolName, toolNames } from '@clawpool/contracts';

/** What a SKILL.md’s frontmatter names programs and tools with (https://docs.openclaw.ai/tools/skills: `metadata.openclaw.requires`; our manifest: `tools`). */
const bins = /["']?\b(?:any)?bins["']?\s*:\s*(?:\[\s*["'\w]|\n\s*-)/i;

/** The tools that a skill says it needs: those that its frontmatter names, and the shell where it needs programs. */
export function toolsOfSkill(content: string): ToolName[] {
  const head = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(content)?.[1] ?? '';
  const named =
    /(?:^[ \t]*|[{,]\s*)["']?(?:tools|allowed-tools)["']?\s*:\s*(\[[^\]]*\]|[^\n]*(?:\n\s+-[^\n]*)*)/im.exec(
      head,
    )?.[1] ?? '';
  const words = new Set(named.toLowerCase().match(/[a-z_]+/g) ?? []);
  const needsShell = bins.test(head) || [...shellWords].some((word) => words.has(word));
  return toolNames.filter((tool) => words.has(tool) || (tool === 'shell' && needsShell));
}

/** What others call it. */
const shellWords: ReadonlySet<string> = new Set(['exec', 'bash', 'process']);
