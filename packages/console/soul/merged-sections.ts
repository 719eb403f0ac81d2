import type { LayerScope } from '@clawpool/contracts';

/** A stretch of a merged file and whose text it is; null: Clawpool's own. */
export interface MergedSection {
  layer: LayerScope | null;
  text: string;
}

/** The headings under which the layers stand in SOUL.md. Texts of people cannot have them: the server sinks their headings to level 4. */
const headings: readonly { layer: LayerScope; pattern: RegExp }[] = [
  { layer: 'global', pattern: /^## Global\b/ },
  { layer: 'position', pattern: /^## Position\b/ },
  { layer: 'personal', pattern: /^## Personal\b/ },
];

/** SOUL.md by its layers, in their order; what stands before the first, and every other file, is nobody's. */
export function sectionsOf(path: string, content: string): MergedSection[] {
  if (path !== 'SOUL.md') return [{ layer: null, text: content }];
  const sections: { layer: LayerScope | null; lines: string[] }[] = [{ layer: null, lines: [] }];
  for (const line of content.split('\n')) {
    const heading = headings.find(({ pattern }) => pattern.test(line));
    if (heading) sections.push({ layer: heading.layer, lines: [line] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections
    .map(({ layer, lines }) => ({ layer, text: lines.join('\n').trim() }))
    .filter(({ text }) => text !== '');
}
