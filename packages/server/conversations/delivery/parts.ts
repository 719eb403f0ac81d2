import type { ChannelFeatures } from '@clawpool/contracts';
import type { OutboxContent } from '../../store/schema/index.ts';
import type { Attachments } from '../attachments.ts';
import { said } from './said.ts';

type Buttons = OutboxContent['buttons'];

/** One message of the platform. */
export type Part = { text: string; buttons: Buttons } | { text: ''; buttons: []; attachmentId: string };

/**
 * What one row of the outbox is on a platform: its text in parts within the limit, with the buttons below the last one, then each
 * attachment. The same content gives the same parts, however often it is asked.
 */
export function partsOf(
  { text, attachments, buttons, withoutButtons = said.answerInPortal }: OutboxContent,
  { maxTextLength, buttons: canHaveButtons }: Pick<ChannelFeatures, 'maxTextLength' | 'buttons'>,
  splitText: (text: string, limit: number) => string[],
): Part[] {
  const whole = buttons.length > 0 && !canHaveButtons ? `${text}\n\n${withoutButtons}` : text;
  const texts = splitText(whole, maxTextLength);
  return [
    ...texts.map((part, index) => ({
      text: part,
      buttons: canHaveButtons && index === texts.length - 1 ? buttons : [],
    })),
    ...attachments.map((attachmentId) => ({ text: '' as const, buttons: [] as [], attachmentId })),
  ];
}

export interface ReadAttachment {
  name: string;
  mediaType: string;
  /** Null: larger than `maxBytes`, or gone. */
  content: Uint8Array | null;
  gone: boolean;
}

export async function readAttachment(
  attachments: Attachments,
  organizationId: string,
  id: string,
  maxBytes: number,
): Promise<ReadAttachment> {
  const found = await attachments.open(organizationId, id);
  if (!found) return { name: 'A file', mediaType: '', content: null, gone: true };
  const { name, mediaType, bytes } = found.attachment;
  if (bytes > maxBytes) return { name, mediaType, content: null, gone: false };
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.content) chunks.push(chunk);
  return { name, mediaType, content: Buffer.concat(chunks), gone: false };
}
