import {
  attachmentLimits,
  ChannelError,
  ClawpoolError,
  type InboundAttachment,
  type InboundMessage,
} from '@clawpool/contracts';
import type { Attachments } from '../attachments.ts';
import type { OpenAccount } from '../channels/open-accounts.ts';

/** What came of a message's files. */
export interface ReceivedAttachments {
  conversationId: string;
  ids: string[];
  /** For the agent, and so for the person: what could not be taken, and why. */
  notes: string[];
}

/**
 * Fetches the files of a message from its platform. What is too large, or refused for good, is left out with a note; when the platform is
 * away it throws the ChannelError, and the message is tried again.
 */
export async function receiveAttachments(
  attachments: Attachments,
  { driver, connection }: OpenAccount,
  of: { organizationId: string; conversationId: string },
  message: InboundMessage,
): Promise<ReceivedAttachments> {
  const received: ReceivedAttachments = { conversationId: of.conversationId, ids: [], notes: [] };
  const maxBytes = Math.min(driver.features.attachments.inboundMaxBytes, attachmentLimits.bytes);
  for (const [index, file] of message.attachments.entries()) {
    if (index >= attachmentLimits.perMessage) {
      received.notes.push(notReceived(file, `a message has at most ${attachmentLimits.perMessage} files`));
      continue;
    }
    if (file.bytes !== null && file.bytes > maxBytes) {
      received.notes.push(tooLarge(file, maxBytes));
      continue;
    }
    try {
      const content = await connection.download(file.fileId, maxBytes);
      const { name, mediaType } = file;
      const stored = await attachments.store({ ...of, name, mediaType }, once(content));
      received.ids.push(stored.id);
    } catch (error) {
      received.notes.push(noteOf(error, file, maxBytes));
    }
  }
  return received;
}

function noteOf(error: unknown, file: InboundAttachment, maxBytes: number): string {
  if (error instanceof ClawpoolError && error.code === 'too_large') return tooLarge(file, maxBytes);
  if (!(error instanceof ChannelError) || error.retry) throw error;
  return error.kind === 'too_large' ? tooLarge(file, maxBytes) : notReceived(file, error.message);
}

const tooLarge = ({ name }: InboundAttachment, maxBytes: number) =>
  `[The file “${name}” was not taken: files may have ${Math.floor(maxBytes / 1024 / 1024)} MB here. It can be sent in the portal.]`;

const notReceived = ({ name }: InboundAttachment, why: string) => `[The file “${name}” could not be fetched: ${why}]`;

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
