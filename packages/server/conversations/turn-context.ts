import { attachmentLimits, type TurnContext, type TurnUpload, type Verification } from '@clawpool/contracts';
import type { Queryable } from '../store/database.ts';
import { type AttachmentRow, listAttachmentsOf } from './attachment-store.ts';
import { listUnknownToAgent, type MessageRow } from './conversation-store.ts';
import type { ClaimedTurn } from './turn-store.ts';

/** What a turn is asked with beside its text. */
export interface TurnQuestion {
  session: string;
  context: TurnContext;
  uploads: TurnUpload[];
  /** Messages the context tells of: known to the agent once the turn is answered. */
  told: string[];
}

/** The name of OpenClaw's session for a conversation. */
export const sessionOf = ({ path, tenantId, id }: { path: string; tenantId: string; id: string }): string =>
  `${path}__${tenantId}__${id}`;

export async function questionOf(db: Queryable, turn: ClaimedTurn, resumes: boolean): Promise<TurnQuestion> {
  const { organizationId, conversationId, messageId } = turn;
  // The person waits for every query: those that would find nothing are left out.
  const unknown = turn.hasUnknown ? await listUnknownToAgent(db, organizationId, conversationId) : [];
  const missed = unknown.filter((message) => message.id !== messageId);
  const withFiles = [...missed.map(({ id }) => id), ...(turn.hasAttachments ? [messageId] : [])];
  const files = await listAttachmentsOf(db, organizationId, withFiles);
  const filesOf = (id: string) => files.get(id) ?? [];
  // Of what was said meanwhile as many as one message may have, the latest; those of the message itself all.
  const missedFiles = missed.flatMap(({ id }) => filesOf(id)).slice(-attachmentLimits.perMessage);
  return {
    session: sessionOf({ path: turn.path, tenantId: turn.tenantId, id: conversationId }),
    context: {
      path: turn.path,
      origin: turn.origin,
      caller: callerOf(turn),
      verification: turn.verification,
      missed: missed.map((message) =>
        missedOf(
          message,
          turn.callerName,
          missedFiles.filter((file) => file.messageId === message.id),
        ),
      ),
      interruptedAfter: resumes ? turn.acts.map(({ tool, arguments: given }) => ({ tool, arguments: given })) : null,
    },
    uploads: [...missedFiles, ...filesOf(messageId)].map((file) => {
      const { mediaType, blob } = file;
      return { name: uploadNameOf(file), mediaType, blob };
    }),
    told: unknown.map(({ id }) => id),
  };
}

const uploadNameOf = ({ id, name }: AttachmentRow) => `${id.slice(0, 8)}-${name.replace(/[^\p{L}\p{N}._ -]/gu, '_')}`;

function missedOf(
  { role, author, text: said }: MessageRow,
  callerName: string,
  files: readonly AttachmentRow[],
): TurnContext['missed'][number] {
  const sent = files.length === 0 ? '' : `[Sent with it: ${files.map(uploadNameOf).join(', ')}]`;
  const text = [said, sent].filter((part) => part !== '').join('\n');
  if (role === 'human') return { who: 'human', name: author ?? 'A colleague', text };
  return role === 'agent' ? { who: 'quick', name: '', text } : { who: 'person', name: callerName, text };
}

/** One sentence the agent may rely on. */
function callerOf({
  path,
  callerName,
  verification,
}: Pick<ClaimedTurn, 'path' | 'callerName' | 'verification'>): string {
  switch (path) {
    case 'emp':
      return `The caller is ${callerName}, ${verifiedBy[verification]}`;
    case 'pgnd':
      return `The caller is ${callerName}, who tests this agent in the playground. Do not write to memory.`;
    case 'twin':
      return 'The caller is a visitor of the public page. Nobody has verified who they are. The person you represent can read this conversation.';
    case 'admin':
      return `The caller is ${callerName}, an administrator, ${verifiedBy[verification]}`;
    case 'cron':
      return `Nobody is waiting: this turn is run by a schedule (${callerName}). Its result is delivered afterwards. Do not ask questions back.`;
    case 'api':
      return `The caller is a program with an API key of the organization, on behalf of “${callerName}”. Who that is has not been verified.`;
  }
}

const verifiedBy: Readonly<Record<Verification, string>> = {
  signed_in: 'signed in to the portal. Verification: confirmed.',
  paired_channel: 'writing from a messaging account that they paired after signing in. Verification: confirmed.',
  api_key: 'through a program with an API key.',
  schedule: 'by a schedule.',
  unverified: 'who has not been verified.',
};
