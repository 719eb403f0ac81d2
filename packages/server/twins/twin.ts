import { randomBytes } from 'node:crypto';
import type { Conversation, ConversationEvent, Message, Turn } from '@clawpool/contracts';

/** The secret of a link: 20 random bytes, as many as the reference product's. */
export const newTwinToken = (): string => randomBytes(20).toString('base64url');

/** Messages one address may send in a minute, and one twin takes from all of them; looks at the page or its events from one address. */
export const twinLimits = { sendPerAddress: 10, sendPerTwin: 60, lookPerAddress: 60 } as const;

/** Who talks: the page in one browser makes its own key, and has the conversation to itself. */
export const visitorKey = (tenantId: string, visitor: string): string => `visitor:${tenantId}:${visitor}`;

/** The name of a twin's tenant: of 1 to 32 characters of those that names may have. `suffix` where that is taken. */
export function twinTenantName(employeeId: string, suffix: string): string {
  const id = employeeId.toLowerCase().replace(/[^a-z0-9]+/gu, '-');
  const end = suffix === '' ? '' : `-${suffix}`;
  return `twin-${id}`.slice(0, 32 - end.length).replace(/-+$/u, '') + end;
}

/** An event as a stranger may see it: nothing of the organization, its people's ids or the runtime's inside. */
export function publicEvent(event: ConversationEvent): ConversationEvent {
  switch (event.type) {
    case 'snapshot':
      return {
        ...event,
        conversation: publicConversation(event.conversation),
        messages: event.messages.map(publicMessage),
        turns: event.turns.map(publicTurn),
      };
    case 'turn':
      return { type: 'turn', turn: publicTurn(event.turn) };
    case 'message':
      return { type: 'message', message: publicMessage(event.message) };
    case 'conversation':
      return { type: 'conversation', conversation: publicConversation(event.conversation) };
    default:
      return event;
  }
}

/** What a visitor has who has not said anything yet. */
export function emptySnapshot(now: Date): ConversationEvent {
  const at = now.toISOString();
  const conversation: Conversation = {
    ...{ id: '', tenantId: '', tenantName: '', path: 'twin', title: '', current: true, takeover: null },
    ...{ createdAt: at, updatedAt: at, endedAt: null },
  };
  return { type: 'snapshot', conversation, messages: [], more: false, turns: [], partial: null };
}

const publicConversation = (conversation: Conversation): Conversation => ({
  ...conversation,
  tenantId: '',
  tenantName: '',
  takeover: conversation.takeover && { ...conversation.takeover, userId: '' },
});

/** The names of humans who answer stay: the visitor talks to them. Files stay inside: a visitor could not open them. */
export const publicMessage = (message: Message): Message => ({ ...message, attachments: [] });

/** Why it failed is the organization's; that it did is the visitor's. */
export const publicTurn = (turn: Turn): Turn => ({
  ...turn,
  reason: null,
  acts: [],
  message: turn.state === 'failed' || turn.state === 'blocked' ? 'The digital twin cannot answer at the moment.' : null,
  hint:
    turn.state === 'failed'
      ? 'Try again later.'
      : turn.state === 'blocked'
        ? 'Your message is kept and answered when it can be.'
        : null,
});
