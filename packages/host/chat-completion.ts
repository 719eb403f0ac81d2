/** The few frames of a streamed chat completion that a scripted model needs (OpenAI's API reference, "Chat Completions"). */

export interface ToolCall {
  name: string;
  arguments: object;
}

/** A piece of an answer's text. */
export function textDelta(content: string): string {
  return frame([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }]);
}

/** What ends an answer of text. */
export const answerEnd = end('stop');

/** A whole answer that calls one tool. */
export function toolCallAnswer(call: ToolCall): string {
  const tool = { name: call.name, arguments: JSON.stringify(call.arguments) };
  const calls = [{ index: 0, id: `call_${call.name}`, type: 'function', function: tool }];
  return `${frame([{ index: 0, delta: { role: 'assistant', tool_calls: calls }, finish_reason: null }])}${end('tool_calls')}`;
}

function end(reason: string): string {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  return `${frame([{ index: 0, delta: {}, finish_reason: reason }])}${frame([], usage)}data: [DONE]\n\n`;
}

function frame(choices: object[], usage?: object): string {
  const chunk = { id: 'scripted', object: 'chat.completion.chunk', created: 0, model: 'scripted', choices, usage };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}
