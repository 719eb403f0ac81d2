import type { AgentDefinition, LayerPreview, LayerWarning } from '@clawpool/contracts';
import { composeSoul } from './soul.ts';
import { fileLimit, promptLimits } from './text.ts';
import { channelsFile, composeWorkspace, isInPrompt, type WorkspaceFile } from './workspace.ts';

export type PreviewedFiles = Pick<LayerPreview, 'files' | 'memory' | 'warnings'>;

/** From this share of its limit on a file is said to be nearly full. */
const nearlyFull = 0.9;

/**
 * The files an agent is made of, byte for byte as `composeWorkspace` writes them (its skills, which no layer changes, are left out), and what whoever
 * edits a layer should know of them.
 *
 * @param options `memoryCharacters`: of the agent's MEMORY.md; null: there is none, or nobody knows
 */
export function previewWorkspace(
  agent: AgentDefinition,
  options: { callsControlPlane?: boolean; memoryCharacters?: number | null } = {},
): PreviewedFiles {
  const composed = composeWorkspace(agent, options).filter(({ path }) => !path.includes('/'));
  const files = composed.map(({ path, content }) => ({
    ...{ path, content, characters: content.length },
    limit: path === channelsFile ? null : fileLimit,
  }));
  const memory = { characters: options.memoryCharacters ?? null, limit: roomBeside(composed) };
  return { files, memory, warnings: [...layerWarnings(agent), ...files.flatMap(fullness), ...memoryWarnings(memory)] };
}

/** How many characters of MEMORY.md the agent sees: OpenClaw reads it last, and it has what the others leave. */
export function memoryLimit(agent: AgentDefinition, options: { callsControlPlane?: boolean } = {}): number {
  return roomBeside(composeWorkspace(agent, options));
}

/** OpenClaw names the files that it looked for in vain (HEARTBEAT.md, BOOTSTRAP.md), each with its path. */
const missingNotes = 300;

function roomBeside(files: readonly WorkspaceFile[]): number {
  const taken = files.filter(({ path }) => isInPrompt(path)).reduce((sum, { content }) => sum + content.length, 0);
  return Math.max(0, Math.min(promptLimits.file, promptLimits.total - missingNotes - taken));
}

function layerWarnings(agent: AgentDefinition): LayerWarning[] {
  const { layers } = composeSoul(agent);
  const warnings = layers.flatMap(({ scope, linesLeftOut, renamed, invisible }): LayerWarning[] => [
    ...(linesLeftOut > 0 ? [{ kind: 'cut' as const, scope, lines: linesLeftOut }] : []),
    ...renamed.map((title) => ({ kind: 'renamed_heading' as const, scope, title })),
    ...(invisible ? [{ kind: 'empty' as const, scope }] : []),
  ]);
  const says = Object.values(agent.layers).some((text) => text.trim() !== '');
  return says ? warnings : [...warnings, { kind: 'empty', scope: null }];
}

function fullness({ path, characters, limit }: PreviewedFiles['files'][number]): LayerWarning[] {
  // The company directory fills what room there is in AGENTS.md.
  if (limit === null || path === 'AGENTS.md' || characters <= limit * nearlyFull) return [];
  return [{ kind: 'nearly_full', path, characters, limit }];
}

function memoryWarnings({ characters, limit }: PreviewedFiles['memory']): LayerWarning[] {
  if (characters === null) return [];
  if (characters > limit) return [{ kind: 'memory_cut', characters, limit, total: promptLimits.total }];
  return characters > limit * nearlyFull ? [{ kind: 'nearly_full', path: 'MEMORY.md', characters, limit }] : [];
}
