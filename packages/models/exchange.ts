/**
 * One model call, in no vendor's words. Fronts decode what a runtime sends into `ModelRequest` and encode `ModelEvent`s into
 * what it expects; providers do the reverse. Everything between (policy, cap, retry, metering) knows only this file.
 */

export interface ModelRequest {
  /** All system and developer texts, in order, joined by blank lines. Empty when there are none. */
  system: string;
  messages: readonly ModelMessage[];
  tools: readonly ToolDefinition[];
  toolChoice: ToolChoice;
  /** Null: the provider's own default. */
  maxTokens: number | null;
  temperature: number | null;
  stop: readonly string[];
}

export type ModelMessage = UserMessage | AssistantMessage | ToolResultMessage;

export interface UserMessage {
  role: 'user';
  content: readonly ContentPart[];
}

export interface AssistantMessage {
  role: 'assistant';
  content: readonly AssistantPart[];
}

export interface ToolResultMessage {
  role: 'tool';
  callId: string;
  content: readonly ContentPart[];
  isError: boolean;
}

export type ContentPart = TextPart | ImagePart;
export type AssistantPart = TextPart | ReasoningPart | ToolCallPart;

export interface TextPart {
  type: 'text';
  text: string;
}

export interface ImagePart {
  type: 'image';
  /** Base64 of the image itself, or an address the provider fetches. */
  source: { kind: 'base64'; mediaType: string; data: string } | { kind: 'url'; url: string };
}

/**
 * What a model thought. A signature is the vendor's proof that the text is unchanged, and goes back only to a vendor that signs;
 * `redacted` is thinking that only the vendor can read.
 */
export interface ReasoningPart {
  type: 'reasoning';
  text: string;
  signature: string | null;
  redacted: string | null;
}

export interface ToolCallPart {
  type: 'tool_call';
  id: string;
  name: string;
  /** JSON as the model wrote it; may be invalid when the model was cut off. */
  argumentsText: string;
}

export interface ToolDefinition {
  name: string;
  description: string;
  /** A JSON Schema, passed through unread. */
  parameters: Record<string, unknown>;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

/** What happens while a model answers. `end` comes exactly once, last. */
export type ModelEvent =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string; signature: string | null; redacted: string | null }
  | { type: 'tool_call'; index: number; id: string; name: string }
  | { type: 'tool_arguments'; index: number; text: string }
  | { type: 'end'; reason: FinishReason; usage: TokenUsage | null };

/** `refused`: the vendor's safety system stopped the answer. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'refused';

export interface TokenUsage {
  /** All input tokens, those read from a prompt cache included. */
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
}

/** The texts of some parts as one; images leave no trace. */
export function textOf(parts: readonly (ContentPart | AssistantPart)[]): string {
  return parts
    .filter((part) => part.type === 'text')
    .map((part) => part.text)
    .join('\n');
}

/**
 * The arguments of a tool call as an object, for vendors that want JSON rather than text. A call that was cut off keeps its text
 * under `unparsed`, so that the history stays acceptable.
 */
export function argumentsObject(argumentsText: string): Record<string, unknown> {
  if (argumentsText.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(argumentsText);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through: invalid JSON is a fact of cut-off answers, not an error of ours.
  }
  return { unparsed: argumentsText };
}

/** Anthropic and Bedrock accept `[a-zA-Z0-9_-]` only in call ids; other vendors' ids are brought into that form, always alike. */
export function plainCallId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, 64) || 'call';
}

/**
 * The history with tool calls and results told as text: Anthropic and Bedrock refuse tool blocks in a request without tools, and
 * a policy that has just become narrower can leave exactly that behind.
 */
export function withToolsAsText(messages: readonly ModelMessage[]): ModelMessage[] {
  return messages.map((message): ModelMessage => {
    if (message.role === 'tool') {
      return { role: 'user', content: [{ type: 'text', text: `[Result of a tool]\n${textOf(message.content)}` }] };
    }
    if (message.role === 'user') return message;
    return {
      role: 'assistant',
      content: message.content.map((part) =>
        part.type === 'tool_call'
          ? { type: 'text', text: `[Called the tool ${part.name} with ${part.argumentsText}]` }
          : part,
      ),
    };
  });
}
