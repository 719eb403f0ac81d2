import { Readable } from 'node:stream';
import { ClawpoolError, type Conversation, type SearchHit } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database } from '../../store/database.ts';
import { notify } from '../../store/notifications.ts';
import { countOpenTurns } from '../accept.ts';
import { unnamedOf } from '../attachment-store.ts';
import { type ConversationView, findConversation, toConversation } from '../conversation-store.ts';
import { sessionOf } from '../turn-context.ts';
import { excerptOf } from './excerpt.ts';
import { type Exported, jsonOf, markdownOf } from './history-export.ts';
import {
  deleteConversation,
  lockOwnConversation,
  pageOfConversations,
  searchMessages,
  setTitle,
} from './history-store.ts';

/** A person's own conversations. Somebody else's is `not_found`. */
export interface History {
  /** Those in which something was said, the latest first; `before` is the `updatedAt` of the last one of the page before. */
  list(principal: Principal, before?: string): Promise<{ conversations: Conversation[]; more: boolean }>;
  search(principal: Principal, text: string): Promise<SearchHit[]>;
  rename(principal: Principal, conversationId: string, title: string): Promise<Conversation>;
  /** Error: `conflict` while an answer is under way or a person has the session. */
  remove(principal: Principal, conversationId: string): Promise<void>;
  exportMarkdown(principal: Principal, conversationId: string): Promise<{ file: Readable; name: string }>;
  exportJson(principal: Principal, conversationId: string): Promise<{ file: Readable; name: string }>;
}

export interface HistoryOptions {
  database: Database;
  /** Makes a tenant's runtime forget an OpenClaw session; asked after the conversation is gone. */
  forgetSession: (tenantId: string, session: string) => Promise<void>;
  /** Of a blob that no attachment names any more. */
  removeBlob: (blob: string) => Promise<void>;
  /** What went wrong after a conversation was deleted, which it stays. */
  onError: (error: unknown) => void;
}

export function createHistory({ database, forgetSession, removeBlob, onError }: HistoryOptions): History {
  const { db } = database;

  async function own({ organizationId, userId }: Principal, conversationId: string): Promise<ConversationView> {
    const conversation = await findConversation(db, organizationId, conversationId);
    if (conversation && conversation.userId === userId) return conversation;
    throw noSuchConversation();
  }

  async function exported(principal: Principal, conversationId: string): Promise<Exported> {
    const row = await own(principal, conversationId);
    return {
      organizationId: principal.organizationId,
      conversation: toConversation(row),
      callerName: row.callerName || principal.name,
      at: new Date(),
    };
  }

  return {
    list: async (principal, before) => {
      const { rows, more } = await pageOfConversations(db, principal, before === undefined ? null : new Date(before));
      return { conversations: rows.map(toConversation), more };
    },

    search: async (principal, text) => {
      const searched = text.replaceAll('\0', '').trim();
      if (searched === '') return [];
      const found = await searchMessages(db, principal, searched);
      return found.map(({ message, conversation }) => ({
        conversation: toConversation(conversation),
        messageId: message.id,
        role: message.role,
        ...excerptOf(message.text, searched),
        at: message.createdAt.toISOString(),
      }));
    },

    rename: async (principal, conversationId, title) => {
      const { organizationId, userId, name } = principal;
      const { tenantName } = await own(principal, conversationId);
      await db.transaction(async (tx) => {
        const row = await lockOwnConversation(tx, principal, conversationId);
        if (!row) throw noSuchConversation();
        await setTitle(tx, organizationId, conversationId, title.replaceAll('\0', ''));
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: userId, name },
          action: 'conversation.renamed',
          target: { type: 'tenant', id: row.tenantId, name: tenantName },
          outcome: 'allowed',
          detail: { conversationId },
        });
        await notify(tx, 'conversation_changed', { organizationId, conversationId, turnId: null });
      });
      return toConversation(await own(principal, conversationId));
    },

    remove: async (principal, conversationId) => {
      const { organizationId, userId, name } = principal;
      const { tenantName } = await own(principal, conversationId);
      const gone = await db.transaction(async (tx) => {
        const row = await lockOwnConversation(tx, principal, conversationId);
        if (!row) throw noSuchConversation();
        if ((await countOpenTurns(tx, organizationId, conversationId)) > 0) {
          throw new ClawpoolError(
            'conflict',
            'The agent is still answering in it.',
            'Stop the answer first, or wait for it.',
          );
        }
        if (row.takenOverUntil !== null && row.takenOverUntil > new Date()) {
          throw new ClawpoolError('conflict', 'A colleague is answering in it.', 'Wait until they have left.');
        }
        const { messages, blobs } = await deleteConversation(tx, organizationId, conversationId);
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: userId, name },
          action: 'conversation.deleted',
          target: { type: 'tenant', id: row.tenantId, name: tenantName },
          outcome: 'allowed',
          detail: { conversationId, messages, attachments: blobs.length },
        });
        await notify(tx, 'conversation_changed', { organizationId, conversationId, turnId: null });
        return { row, blobs: await unnamedOf(tx, blobs) };
      });
      for (const blob of gone.blobs) await removeBlob(blob).catch(onError);
      await forgetSession(gone.row.tenantId, sessionOf(gone.row)).catch(onError);
    },

    exportMarkdown: async (principal, conversationId) => {
      const what = await exported(principal, conversationId);
      return { file: Readable.from(markdownOf(db, what)), name: fileName(what, 'md') };
    },
    exportJson: async (principal, conversationId) => {
      const what = await exported(principal, conversationId);
      return { file: Readable.from(jsonOf(db, what)), name: fileName(what, 'json') };
    },
  };
}

/** `conversation-2026-11-21-plan-for-monday.md` */
function fileName({ conversation: { title, createdAt } }: Exported, type: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  return `${['conversation', createdAt.slice(0, 10), words].filter((part) => part !== '').join('-')}.${type}`;
}

const noSuchConversation = () =>
  new ClawpoolError('not_found', 'There is no such conversation.', 'It may belong to somebody else. Start a new one.');
