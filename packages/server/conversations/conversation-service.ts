import { ClawpoolError, type Conversation, type Message, type Turn } from '@clawpool/contracts';
import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm';
import { assistantAddress, assistantName, mayAskAssistant } from '../assistant/assistant.ts';
import { provideAssistant } from '../assistant/assistant-service.ts';
import { findAssistant } from '../assistant/assistant-store.ts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import { findTenant, findTenantOfEmployee, type TenantRow } from '../pool/tenant-store.ts';
import type { Database, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { assignments, tenants, turns } from '../store/schema/index.ts';
import { acceptMessage } from './accept.ts';
import { type ConversationView, findConversation, listMessages, toConversation } from './conversation-store.ts';
import { openConversation } from './open-conversation.ts';
import type { Router } from './routing/router.ts';
import { findTurn, listOpenAndLastTurn, type TurnRow, toTurn } from './turn-store.ts';

/** The use cases of a person who talks to an agent. Each sees only the person's own conversations. */
export interface ConversationService {
  /** Who answers the person: as the routing says. Error: `not_found`. */
  agentOf(principal: Principal): Promise<TenantRow>;
  /** Whom the person may talk to: their own agent first, then those of their teams, by name; last, for admins, the admin assistant. */
  agents(principal: Principal): Promise<{ tenantId: string; name: string; team: boolean }[]>;
  start(
    principal: Principal,
    of: { employeeId?: string | undefined; tenantId?: string | undefined },
  ): Promise<Conversation>;
  get(
    principal: Principal,
    conversationId: string,
  ): Promise<{ conversation: Conversation; messages: Message[]; turns: Turn[] }>;
  /** Resolves when the message is stored for good. */
  send(
    principal: Principal,
    conversationId: string,
    inbound: { text: string; clientMessageId: string; attachments?: readonly string[] },
  ): Promise<{ message: Message; turn: Turn }>;
  stop(principal: Principal, conversationId: string, turnId: string): Promise<Turn>;
  retry(principal: Principal, conversationId: string, turnId: string): Promise<Turn>;
  /** Throws `not_found` unless the conversation is the principal's own. */
  own(principal: Principal, conversationId: string): Promise<ConversationView>;
}

export function createConversationService(database: Database, router: Router): ConversationService {
  const { db } = database;

  async function agentOf(principal: Principal, tenantId?: string): Promise<TenantRow> {
    const { organizationId, employeeId } = principal;
    const resolved =
      employeeId === null ? null : await router.resolve({ organizationId, employeeId, origin: 'portal', tenantId });
    const tenant = resolved?.tenant && (await findTenant(db, resolved.tenant.id));
    if (tenant && tenant.state !== 'deleted') return tenant;
    if (tenantId !== undefined) throw noSuchAgent();
    throw new ClawpoolError(
      'not_found',
      'You have no agent yet.',
      'An admin has to give you a position with an agent.',
    );
  }

  async function agents(principal: Principal) {
    const { organizationId, employeeId } = principal;
    // Whether its tenant is there yet or not.
    const assistant = mayAskAssistant(principal)
      ? [{ tenantId: assistantAddress, name: assistantName, team: false }]
      : [];
    if (employeeId === null) return assistant;
    const own = await agentOf(principal).catch(() => null);
    const teams = await db
      .select({ tenantId: tenants.id, name: tenants.name })
      .from(assignments)
      .innerJoin(
        tenants,
        and(eq(tenants.organizationId, assignments.organizationId), eq(tenants.id, assignments.tenantId)),
      )
      .where(
        and(
          eq(assignments.organizationId, organizationId),
          eq(assignments.employeeId, employeeId),
          ne(tenants.state, 'deleted'),
        ),
      )
      .orderBy(asc(tenants.name));
    return [
      ...(own ? [{ tenantId: own.id, name: own.name, team: false }] : []),
      ...teams.filter(({ tenantId }) => tenantId !== own?.id).map((team) => ({ ...team, team: true })),
      ...assistant,
    ];
  }

  async function own({ organizationId, userId }: Principal, conversationId: string): Promise<ConversationView> {
    const conversation = await findConversation(db, organizationId, conversationId);
    // Somebody else's conversation is as unknown as one that never was.
    if (conversation && conversation.userId === userId) return conversation;
    throw noSuchConversation();
  }

  async function start(
    principal: Principal,
    { employeeId, tenantId }: { employeeId?: string | undefined; tenantId?: string | undefined },
  ): Promise<Conversation> {
    const playground = employeeId !== undefined && employeeId !== principal.employeeId;
    const admin = !playground && (await asksAssistant(principal, tenantId));
    const agent = admin
      ? null
      : playground
        ? await agentToTest(principal, employeeId)
        : await agentOf(principal, tenantId);
    const { organizationId, userId, name } = principal;
    const id = await db.transaction(async (tx) => {
      const tenant = agent ?? (await provideAssistant(tx, principal));
      const path = admin ? 'admin' : playground ? 'pgnd' : 'emp';
      const caller = { organizationId, tenantId: tenant.id, path, userId, callerName: name } as const;
      const row = await openConversation(tx, { ...caller, callerKey: `user:${userId}` }, { fresh: true });
      await recordAudit(tx, organizationId, {
        actor: { type: 'person', id: userId, name },
        action: playground ? 'playground.started' : 'conversation.started',
        target: { type: 'tenant', id: tenant.id, name: tenant.name },
        outcome: 'allowed',
        detail: { conversationId: row.id },
      });
      return row.id;
    });
    return toConversation(await own(principal, id));
  }

  /** A page that shows a conversation with the assistant knows its tenant's id. Error: `not_found`, for whoever is no admin. */
  async function asksAssistant(principal: Principal, tenantId: string | undefined): Promise<boolean> {
    if (tenantId === undefined) return false;
    if (mayAskAssistant(principal)) {
      return tenantId === assistantAddress || (await findAssistant(db, principal.organizationId))?.id === tenantId;
    }
    if (tenantId === assistantAddress) throw noSuchAgent();
    return false;
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
    inbound: { text: string; clientMessageId: string; attachments?: readonly string[] },
  ) {
    const conversation = await own(principal, conversationId);
    refuseFormerAdmin(principal, conversation);
    await refuseForeignAgent(principal, conversation);
    const accepted = await db.transaction((tx) =>
      acceptMessage(tx, {
        ...{ organizationId: principal.organizationId, conversationId },
        ...{ origin: 'portal', verification: 'signed_in' },
        channelMessageId: inbound.clientMessageId,
        text: inbound.text,
        attachments: inbound.attachments ?? [],
        at: new Date(),
      }),
    );
    if (accepted) return accepted;
    throw new ClawpoolError('conflict', 'This conversation has ended.', 'Start a new one.');
  }

  /** Rules and teams change while a conversation is open. */
  async function refuseForeignAgent({ organizationId, employeeId }: Principal, conversation: ConversationView) {
    const { path, tenantId, tenantName } = conversation;
    if (path !== 'emp' || employeeId === null) return;
    const { tenant } = await router.resolve({ organizationId, employeeId, origin: 'portal', tenantId });
    if (tenant?.id === tenantId) return;
    throw new ClawpoolError(
      'conflict',
      `“${tenantName}” does not answer you any more.`,
      'Start a new conversation: it goes to the agent that does.',
    );
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
    const conversation = await own(principal, conversationId);
    refuseFormerAdmin(principal, conversation);
    const { organizationId } = conversation;
    return changeTurn(organizationId, conversationId, turnId, async (tx, turn) => {
      if (turn.state !== 'blocked' && turn.state !== 'failed') {
        throw new ClawpoolError('conflict', 'Only a turn that is blocked or failed can be tried again.');
      }
      await tx
        .update(turns)
        .set({
          state: 'queued',
          finishedAt: null,
          retryAt: null,
          attempts: 0,
          reason: null,
          message: null,
          hint: null,
          acts: [],
          resumed: false,
        })
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
    agentOf: (principal) => agentOf(principal),
    agents,
    own,
    start,
    send,
    stop,
    retry,
    get: async (principal, conversationId) => {
      const conversation = await own(principal, conversationId);
      const messages = await listMessages(db, principal.organizationId, conversationId);
      const open = await listOpenAndLastTurn(db, principal.organizationId, conversationId);
      return { conversation: toConversation(conversation), messages, turns: open.map(toTurn) };
    },
  };
}

const noSuchAgent = () => new ClawpoolError('not_found', 'There is no such agent, or it is not shared with you.');

const noSuchConversation = () =>
  new ClawpoolError('not_found', 'There is no such conversation.', 'It may belong to somebody else. Start a new one.');

/** Roles change while a conversation is open. */
function refuseFormerAdmin(principal: Principal, { path }: ConversationView): void {
  if (path !== 'admin' || mayAskAssistant(principal)) return;
  throw new ClawpoolError(
    'not_allowed',
    'The admin assistant answers administrators only.',
    'You are none any more. Ask an admin of your organization.',
  );
}

const unfinished = (turn: TurnRow) =>
  and(eq(turns.organizationId, turn.organizationId), eq(turns.id, turn.id), isNull(turns.finishedAt));
