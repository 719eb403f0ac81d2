import type { Message } from '@clawpool/contracts';
import type { ConversationState, KnownTurn } from '../chat/conversation-state.ts';

/** What a watcher reads, from top to bottom. */
export type Line =
  | { type: 'message'; key: string; message: Message }
  /** How a turn is doing that has no answer; `writing`: text of it is growing above. */
  | { type: 'turn'; key: string; turn: KnownTurn; writing: boolean }
  | { type: 'partial'; key: string; text: string; streaming: boolean };

/**
 * Messages in the order in which they were said. A turn that is over without an answer says so below what was asked; what is still being
 * worked on stands at the end, because that is where its answer will be.
 */
export function linesOf({ messages, turns, partials }: ConversationState): Line[] {
  // A quick answer only fills the time until the agent's own.
  const answers = messages.filter(({ role, quick }) => role === 'agent' && !quick);
  const answered = new Set(answers.map(({ turnId }) => turnId));
  const lines: Line[] = [];
  for (const message of messages) {
    lines.push({ type: 'message', key: message.id, message });
    const turn = message.role === 'person' ? turns.find(({ id }) => id === message.turnId) : undefined;
    if (turn && turn.finishedAt !== null && !answered.has(turn.id)) lines.push(...turnLines(turn, partials[turn.id]));
  }
  for (const turn of turns) {
    if (turn.finishedAt === null && !answered.has(turn.id)) lines.push(...turnLines(turn, partials[turn.id]));
  }
  return lines;
}

function turnLines(turn: KnownTurn, partial: string | undefined): Line[] {
  const streaming = turn.state === 'thinking' && partial !== undefined && partial !== '';
  return [
    ...(partial ? [{ type: 'partial' as const, key: `partial-${turn.id}`, text: partial, streaming }] : []),
    ...(turn.state === 'answered' ? [] : [{ type: 'turn' as const, key: `turn-${turn.id}`, turn, writing: streaming }]),
  ];
}
