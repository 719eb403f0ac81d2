import type { RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ToolCall } from './chat-completion.ts';
import { answerEnd, textDelta, toolCallAnswer } from './chat-completion.ts';
import { scriptedControlPlane } from './scripted-control-plane.ts';

/** Called one after the other, where they are offered. A call of a tool that is not offered would be asked for again for ever. */
const toolCalls: readonly ToolCall[] = [
  { name: 'exec', arguments: { command: 'true' } },
  { name: 'write', arguments: { path: 'note.txt', content: 'one' } },
  { name: 'edit', arguments: { path: 'note.txt', edits: [{ oldText: 'one', newText: 'two' }] } },
  { name: 'read', arguments: { path: 'note.txt' } },
];

interface AskedCompletion {
  messages?: { role: string }[];
  tools?: { function?: { name?: string } }[];
}

/**
 * What is at the out pipe of runtimes that are nobody's. A model of our own goes through the tools, one per call, and then says that it
 * is done.
 */
export const scriptedModel: RequestListener = (request, response) => {
  if (request.url === '/mcp') {
    scriptedControlPlane(request, response);
    return;
  }
  text(request).then(
    (body) => {
      const { messages = [], tools = [] } = JSON.parse(body) as AskedCompletion;
      const offered = toolCalls.filter(({ name }) => tools.some((tool) => tool.function?.name === name));
      const lastAnswer = messages.findLastIndex(({ role }) => role === 'user');
      const call = offered[messages.slice(lastAnswer).filter(({ role }) => role === 'tool').length];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(call ? toolCallAnswer(call) : `${textDelta('Done.')}${answerEnd}`);
    },
    () => response.destroy(),
  );
};
