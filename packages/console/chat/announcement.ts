import type { ConversationEvent } from '@clawpool/contracts';

/** What a screen reader hears of an event; null for what it need not hear. */
export function announcementOf(event: ConversationEvent, texts: AnnouncementTexts): string | null {
  if (event.type === 'message' && event.message.role === 'agent') return texts.answered(event.message.text);
  if (event.type !== 'turn') return null;
  if (event.turn.state === 'waking') return texts.waking;
  if (event.turn.state === 'blocked') return texts.blocked;
  return event.turn.state === 'failed' ? texts.failed : null;
}

interface AnnouncementTexts {
  answered: (text: string) => string;
  waking: string;
  blocked: string;
  failed: string;
}
