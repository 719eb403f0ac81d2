import type { Conversation, Message } from '@clawpool/contracts';
import type { Queryable } from '../../store/database.ts';
import { withAttachments } from '../conversation-store.ts';
import { type TurnRow, toTurn } from '../turn-store.ts';
import { readMessages, readTurns } from './history-store.ts';

export interface Exported {
  organizationId: string;
  conversation: Conversation;
  /** Whose conversation it is. */
  callerName: string;
  at: Date;
}

/** For people: who said what and when, in order. Read some messages at a time, so it may be of any length. */
export async function* markdownOf(db: Queryable, exported: Exported): AsyncGenerator<string> {
  const { organizationId, conversation, at } = exported;
  yield `# ${oneLine(conversation.title) || 'Conversation'}\n\n`;
  yield `Conversation of ${oneLine(exported.callerName)} with ${conversation.tenantName}, begun ${time(conversation.createdAt)}`;
  yield `${conversation.endedAt ? `, ended ${time(conversation.endedAt)}` : ''}. Exported ${time(at.toISOString())}.\n`;
  for await (const rows of readMessages(db, organizationId, conversation.id)) {
    const messages = await withAttachments(
      db,
      organizationId,
      rows.map(({ message }) => message),
    );
    yield messages.map((message, index) => entryOf(exported, message, rows[index]?.turnState ?? null)).join('');
  }
}

function entryOf(exported: Exported, message: Message, turnState: TurnRow['state'] | null): string {
  const at = time(message.at);
  const text = closed(message.text);
  if (message.role === 'note') return `\n---\n\n*${at}: ${oneLine(text)}*\n`;
  const lines = [`\n---\n\n**${oneLine(authorOf(exported, message))}** · ${at} · ${message.origin}\n`];
  if (message.quick) lines.push('*A direct answer of the model while the agent was waking.*\n');
  if (text !== '') lines.push(`${text}\n`);
  for (const { name, mediaType, bytes } of message.attachments) {
    lines.push(`Attachment: ${oneLine(name)} (${mediaType}, ${bytes} bytes)\n`);
  }
  const unanswered = message.role === 'person' && turnState !== null ? unansweredOf[turnState] : undefined;
  if (unanswered) lines.push(`*${unanswered}*\n`);
  return lines.join('\n');
}

const unansweredOf: Partial<Record<TurnRow['state'], string>> = {
  failed: 'The agent could not answer this.',
  stopped: 'The answer was stopped.',
};

function authorOf({ conversation, callerName }: Exported, { role, author }: Message): string {
  if (role === 'person') return callerName;
  return role === 'agent' ? conversation.tenantName : (author ?? '');
}

/** A code block that was never ended would swallow what follows. */
const closed = (text: string) => ((text.match(/^ {0,3}```/gm)?.length ?? 0) % 2 === 1 ? `${text}\n\`\`\`` : text);

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** `2026-11-21 14:05 UTC` */
const time = (iso: string) => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

/** For programs: `conversation`, `messages` and `turns` with all their fields. Read some at a time. */
export async function* jsonOf(db: Queryable, { organizationId, conversation }: Exported): AsyncGenerator<string> {
  yield `{"conversation":${JSON.stringify(conversation)},"messages":[`;
  let comma = '';
  for await (const rows of readMessages(db, organizationId, conversation.id)) {
    const messages = await withAttachments(
      db,
      organizationId,
      rows.map(({ message }) => message),
    );
    yield comma + messages.map((message) => JSON.stringify(message)).join(',');
    comma = ',';
  }
  yield '],"turns":[';
  comma = '';
  for await (const rows of readTurns(db, organizationId, conversation.id)) {
    yield comma + rows.map((row) => JSON.stringify(toTurn(row))).join(',');
    comma = ',';
  }
  yield ']}\n';
}
