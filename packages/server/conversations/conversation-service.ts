import { randomUUID } from 'node:crypto';
import { ClawpoolError, type Conversation, type Message, maxMessageLength, type Turn } from '@clawpool/contracts';
import { and, eq, isNull, sql } from 'drizzle-orm';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import { findTenantOfEmployee, type TenantRow } from '../pool/tenant-store.ts';
import type { Database, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { turns } from '../store/schema/index.ts';
import {
  acceptMessage,
  type ConversationRow,
  findConversation,
  insertConversation,
  listConversations,
  listMessages,
  toConversation,
  toMessage,
} from './conversation-store.ts';
import { findTurn, listOpenAndLastTurn, type TurnRow, toTurn } from './turn-store.ts';

/** The use cases of a person who talks to an agent. Each sees only the person's own conversations. */
export interface ConversationService {
  agentOf(principal: Principal): Promise<TenantRow>;
  list(principal: Principal): Promise<Conversation[]>;
  start(principal: Principal, employeeId: string | undefined): Promise<Conversation>;
  get(
    principal: Principal,
    conversationId: string,
  ): Promise<{ conversation: Conversation; messages: Message[]; turns: Turn[] }>;
  /** Resolves when the message is stored for good. */
  send(
    principal: Principal,
    conversationId: string,
    inbound: { text: string; clientMessageId: string },
  ): Promise<{ message: Message; turn: Turn }>;
  stop(principal: Principal, conversationId: string, turnId: string): Promise<Turn>;
  retry(principal: Principal, conversationId: string, turnId: string): Promise<Turn>;
  /** Throws `not_found` unless the conversation is the principal's own. */
  own(principal: Principal, conversationId: string): Promise<ConversationRow>;
}

export function createConversationService(database: Database): ConversationService {
  const { db } = database;

  async function agentOf({ organizationId, employeeId }: Principal): Promise<TenantRow> {
    const tenant = employeeId && (await findTenantOfEmployee(db, organizationId, employeeId));
    if (tenant) return tenant;
    throw new ClawpoolError(
      'not_found',
      'You have no agent yet.',
      'An admin has to give you a position with an agent.',
    );
  }

  async function own({ organizationId, userId }: Principal, conversationId: string): Promise<ConversationRow> {
    const conversation = await findConversation(db, organizationId, conversationId);
    // Somebody else's conversation is as unknown as one that never was.
    if (conversation && conversation.userId === userId) return conversation;
    throw noSuchConversation();
  }

  async function start(principal: Principal, employeeId: string | undefined): Promise<Conversation> {
    const playground = employeeId !== undefined && employeeId !== principal.employeeId;
    const tenant = playground ? await agentToTest(principal, employeeId) : await agentOf(principal);
    return db.transaction(async (tx) => {
      const { organizationId, userId, name } = principal;
      const path = playground ? 'pgnd' : 'emp';
      const row = await insertConversation(tx, { organizationId, id: randomUUID(), tenantId: tenant.id, userId, path });
      await recordAudit(tx, organizationId, {
        actor: { type: 'person', id: userId, name },
        action: playground ? 'playground.started' : 'conversation.started',
        target: { type: 'tenant', id: tenant.id, name: tenant.name },
        outcome: 'allowed',
        detail: { conversationId: row.id },
      });
      return toConversation(row);
    });
  }

  async function agentToTest({ organizationId, roles }: Principal, employeeId: string): Promise<TenantRow> {
    if (!roles.includes('operator') && !roles.includes('admin')) {
      throw new ClawpoolError('not_allowed', 'Only operators and admins may test other people’s agents.');
    }
    const tenant = await findTenantOfEmployee(db, organizationId, employeeId);
    if (tenant) return tenant;
    throw new ClawpoolError(
      'not_found',
      `There is no employee “${employeeId}” with an agent.`,
      'Check the employee’s id.',
    );
  }

  async function send(
    principal: Principal,
    conversationId: string,
    inbound: { text: string; clientMessageId: string },
  ) {
    if (inbound.text.length > maxMessageLength) {
      throw new ClawpoolError(
        'too_large',
        `The message has ${inbound.text.length} characters; ${maxMessageLength} are allowed.`,
        'Shorten it, or send it in parts.',
      );
    }
    const { organizationId, userId } = principal;
    const accepted = await db.transaction((tx) =>
      acceptMessage(
        tx,
        { organizationId, conversationId, userId },
        {
          messageId: randomUUID(),
          turnId: randomUUID(),
          channelMessageId: inbound.clientMessageId,
          text: inbound.text,
          at: new Date(),
        },
      ),
    );
    if (!accepted) throw noSuchConversation();
    return accepted;
  }

  async function stop(principal: Principal, conversationId: string, turnId: string): Promise<Turn> {
    const { organizationId } = await own(principal, conversationId);
    return changeTurn(organizationId, conversationId, turnId, async (tx, turn) => {
      if (turn.finishedAt) return; // It was faster.
      await tx.update(turns).set({ stopRequestedAt: new Date() }).where(unfinished(turn));
      await notify(tx, 'turn_stop_requested', { turnId });
    });
  }

  async function retry(principal: Principal, conversationId: string, turnId: string): Promise<Turn> {
    const { organizationId } = await own(principal, conversationId);
    return changeTurn(organizationId, conversationId, turnId, async (tx, turn) => {
      if (turn.state !== 'blocked' && turn.state !== 'failed') {
        throw new ClawpoolError('conflict', 'Only a turn that is blocked or failed can be tried again.');
      }
      await tx
        .update(turns)
        .set({ state: 'queued', finishedAt: null, retryAt: null, attempts: 0, reason: null, message: null, hint: null })
        .where(and(eq(turns.organizationId, organizationId), eq(turns.id, turnId), isNull(turns.leaseOwner)));
      await notify(tx, 'turn_accepted', {});
    });
  }

  /** Locks the turn, changes it, and tells the page. */
  function changeTurn(
    organizationId: string,
    conversationId: string,
    turnId: string,
    change: (tx: Transaction, turn: TurnRow) => Promise<void>,
  ): Promise<Turn> {
    return db.transaction(async (tx) => {
      const key = and(eq(turns.organizationId, organizationId), eq(turns.id, turnId));
      await tx.select({ one: sql`1` }).from(turns).where(key).for('update');
      const before = await findTurn(tx, organizationId, conversationId, turnId);
      if (!before) throw new ClawpoolError('not_found', 'There is no such turn in this conversation.');
      await change(tx, before);
      await notify(tx, 'conversation_changed', { organizationId, conversationId, turnId });
      const after = await findTurn(tx, organizationId, conversationId, turnId);
      return toTurn(after ?? before);
    });
  }

  return {
    agentOf,
    own,
    start,
    send,
    stop,
    retry,
    list: async ({ organizationId, userId }) =>
      (await listConversations(db, organizationId, userId)).map(toConversation),
    get: async (principal, conversationId) => {
      const conversation = await own(principal, conversationId);
      const messages = await listMessages(db, principal.organizationId, conversationId);
      const open = await listOpenAndLastTurn(db, principal.organizationId, conversationId);
      return { conversation: toConversation(conversation), messages: messages.map(toMessage), turns: open.map(toTurn) };
    },
  };
}

const noSuchConversation = () =>
  new ClawpoolError('not_found', 'There is no such conversation.', 'It may belong to somebody else. Start a new one.');

const unfinished = (turn: TurnRow) =>
  and(eq(turns.organizationId, turn.organizationId), eq(turns.id, turn.id), isNull(turns.finishedAt));
