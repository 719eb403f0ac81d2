import { type ToolName, toolNames } from '@clawpool/contracts';

/** What a position allows within its tier's ceiling, in the contracts' order. Names that are no tools any more fall out. */
export function allowedTools(positionTools: readonly string[], toolsCeiling: readonly string[]): ToolName[] {
  return toolNames.filter((tool) => positionTools.includes(tool) && toolsCeiling.includes(tool));
}
