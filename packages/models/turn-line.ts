import type { AssistantPart, ContentPart, ModelMessage, ModelRequest } from './exchange.ts';

const marker = '[clawpool turn ';
const turnLine = /[ \t]*\[clawpool turn ([\w.:-]{1,128})\][ \t]*\n?/g;

/**
 * Takes the line `[clawpool turn <id>]` out of a request, copies in the history included: providers must not see it.
 * The id is the system prompt's last one, because the control plane's system message of the turn comes after the files that the
 * agent can write; only without one there, the last message that has one counts. Null: no turn (a compaction, a heartbeat).
 */
export function takeTurnId(request: ModelRequest): { request: ModelRequest; turnId: string | null } {
  const system = strip(request.system);
  let turnId: string | null = null;
  let changed = false;
  const messages = request.messages.map((message): ModelMessage => {
    if (!message.content.some(hasMarker)) return message;
    changed = true;
    const content = message.content.map((part) => {
      if (!hasMarker(part)) return part;
      const stripped = strip((part as { text: string }).text);
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

function strip(text: string): { text: string; turnId: string | null } {
  if (!text.includes(marker)) return { text, turnId: null };
  let turnId: string | null = null;
  const stripped = text.replace(turnLine, (_line, id: string) => {
    turnId = id;
    return '';
  });
  return { text: stripped, turnId };
}
