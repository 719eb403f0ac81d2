import type { AgentDefinition, LayerPreview } from '@clawpool/contracts';
import { composeSoul } from './soul.ts';
import { fileLimit } from './text.ts';
import { channelsFile, composeWorkspace } from './workspace.ts';

export type PreviewedFiles = Pick<LayerPreview, 'files' | 'warnings'>;
type Warning = PreviewedFiles['warnings'][number];

/** From this share of its limit on a file is said to be nearly full. */
const nearlyFull = 0.9;

/**
 * The files an agent is made of, byte for byte as `composeWorkspace` writes them (its skills, which no layer changes, are left out), and what whoever
 * edits a layer should know of them.
 */
export function previewWorkspace(
  agent: AgentDefinition,
  options: { callsControlPlane?: boolean } = {},
): PreviewedFiles {
  const files = composeWorkspace(agent, options)
    .filter(({ path }) => !path.includes('/'))
    .map(({ path, content }) => ({
      ...{ path, content, characters: content.length },
      limit: path === channelsFile ? null : fileLimit,
    }));
  return { files, warnings: [...layerWarnings(agent), ...files.flatMap(fullness)] };
}

function layerWarnings(agent: AgentDefinition): Warning[] {
  const { layers } = composeSoul(agent);
  const warnings = layers.flatMap(({ scope, linesLeftOut, renamed, invisible }): Warning[] => [
    ...(linesLeftOut > 0
      ? [
          {
            ...{ kind: 'cut' as const, scope },
            message: `${linesLeftOut} ${linesLeftOut === 1 ? 'line has' : 'lines have'} no room in SOUL.md and ${linesLeftOut === 1 ? 'is' : 'are'} left out.`,
          },
        ]
      : []),
    ...renamed.map((title) => ({
      ...{ kind: 'renamed_heading' as const, scope },
      message: `“${title}” is a title of another section: the agent reads from whom it comes.`,
    })),
    ...(invisible
      ? [{ ...{ kind: 'empty' as const, scope }, message: 'There is nothing in it that can be seen.' }]
      : []),
  ]);
  const says = Object.values(agent.layers).some((text) => text.trim() !== '');
  if (says) return warnings;
  return [
    ...warnings,
    { kind: 'empty', scope: null, message: 'No layer says anything: the agent knows only who it is.' },
  ];
}

function fullness({ path, characters, limit }: PreviewedFiles['files'][number]): Warning[] {
  // The company directory fills what room there is in AGENTS.md.
  if (limit === null || path === 'AGENTS.md' || characters <= limit * nearlyFull) return [];
  const percent = Math.floor((characters / limit) * 100);
  const message = `${path} is ${percent} % full: ${characters} of ${limit} characters.`;
  return [{ kind: 'nearly_full', scope: null, message }];
}
