import type { AssistantPart, ContentPart, ModelMessage, ModelRequest } from './exchange.ts';

const marker = '[clawpool turn ';
const turnLine = /[ \t]*\[clawpool turn ([\w.:-]{1,128})\][ \t]*\n?/g;

/**
 * Takes the line `[clawpool turn <id>]` out of a request, copies in the history included: providers must not see it.
 * The agent can write such lines too, into the files that its system prompt is made of: so the id of a turn that runs counts before
 * others. Then it is the system prompt's last one, because most versions put the control plane's system message after those
 * files; only without one there, the last message that has one counts. Null: no turn (a compaction, a heartbeat).
 */
export function takeTurnId(
  request: ModelRequest,
  isRunning: (turnId: string) => boolean = () => false,
): { request: ModelRequest; turnId: string | null } {
  const system = strip(request.system, isRunning);
  let turnId: string | null = null;
  let changed = false;
  const messages = request.messages.map((message): ModelMessage => {
    if (!message.content.some(hasMarker)) return message;
    changed = true;
    const content = message.content.map((part) => {
      if (!hasMarker(part)) return part;
      const stripped = strip((part as { text: string }).text, isRunning);
      turnId = stripped.turnId ?? turnId;
      return { ...part, text: stripped.text };
    });
    return { ...message, content } as ModelMessage;
  });
  return {
    turnId: system.turnId ?? turnId,
    request:
      changed || system.turnId !== null
        ? { ...request, system: system.text, messages: changed ? messages : request.messages }
        : request,
  };
}

function hasMarker(part: ContentPart | AssistantPart): boolean {
  return part.type === 'text' && part.text.includes(marker);
}

function strip(text: string, isRunning: (turnId: string) => boolean): { text: string; turnId: string | null } {
  if (!text.includes(marker)) return { text, turnId: null };
  const ids: string[] = [];
  const stripped = text.replace(turnLine, (_line, id: string) => {
    ids.push(id);
    return '';
  });
  return { text: stripped, turnId: ids.findLast(isRunning) ?? ids.at(-1) ?? null };
}
