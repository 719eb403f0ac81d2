import type { ModelEvent, ModelRequest, TokenUsage } from './exchange.ts';

/** English text has about four characters per token with the vendors' tokenizers. */
const charactersPerToken = 4;

export interface Meter {
  add(event: ModelEvent): void;
  /** What the provider counted or, when it gave no count, an estimate from the characters that went each way. */
  usage(): TokenUsage;
  nothing(): TokenUsage;
}

/**
 * Counts the tokens of one attempt. A provider's own count is used as it is. The estimate stands in where there is none: a server
 * without usage reports, and answers that broke off or were cancelled, for which vendors charge what they had produced.
 */
export function createMeter(request: ModelRequest): Meter {
  let counted: TokenUsage | null = null;
  let characters = 0;
  return {
    add(event) {
      if (event.type === 'text' || event.type === 'reasoning' || event.type === 'tool_arguments') {
        characters += event.text.length;
      } else if (event.type === 'tool_call') {
        characters += event.name.length;
      } else {
        counted = event.usage;
      }
    },
    usage() {
      return (
        counted ?? {
          inputTokens: Math.ceil(charactersOf(request) / charactersPerToken),
          outputTokens: Math.ceil(characters / charactersPerToken),
          cachedInputTokens: 0,
        }
      );
    },
    nothing: () => ({ inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 }),
  };
}

/** Images are left out: vendors count them by their size in pixels, which nobody here has decoded. */
function charactersOf(request: ModelRequest): number {
  let characters = request.system.length;
  for (const message of request.messages) {
    for (const part of message.content) {
      if (part.type === 'text' || part.type === 'reasoning') characters += part.text.length;
      else if (part.type === 'tool_call') characters += part.name.length + part.argumentsText.length;
    }
  }
  for (const tool of request.tools) {
    characters += tool.name.length + tool.description.length + JSON.stringify(tool.parameters).length;
  }
  return characters;
}
