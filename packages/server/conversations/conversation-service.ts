import { ClawpoolError, type Conversation, type Message, type Turn } from '@clawpool/contracts';
import { and, asc, eq, isNull, ne, sql } from 'drizzle-orm';
import { assistantAddress, assistantName, mayAskAssistant } from '../assistant/assistant.ts';
import { provideAssistant } from '../assistant/assistant-service.ts';
import { findAssistant } from '../assistant/assistant-store.ts';
import { recordAudit } from '../audit/audit-store.ts';
import type { Principal } from '../organization/principal.ts';
import { findTenant, type TenantRow } from '../pool/tenant-store.ts';
import type { Database, Transaction } from '../store/database.ts';
import { notify } from '../store/notifications.ts';
import { assignments, tenants, turns } from '../store/schema/index.ts';
import { acceptMessage, lockForRetry } from './accept.ts';
import {
  type ConversationView,
  findConversation,
  type MessagePage,
  type MessagePageQuery,
  pageOfMessages,
  toConversation,
} from './conversation-store.ts';
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
  ): Promise<{ conversation: Conversation; turns: Turn[] } & MessagePage>;
  messages(principal: Principal, conversationId: string, query: MessagePageQuery): Promise<MessagePage>;
  /** Resolves when the message is stored for good. */
  send(
    principal: Principal,
    conversationId: string,
    inbound: { text: string; clientMessageId: string; attachments?: readonly string[] },
  ): Promise<{ message: Message; turn: Turn }>;
  stop(principal: Principal, conversationId: string, turnId: string): Promise<Turn>;
  /** Errors: NothingToRetry, and whatever refuses a message that is sent. */
  retry(principal: Principal, conversationId: string, turnId: string): Promise<Turn>;
  /** Throws `not_found` unless the conversation is the principal's own. */
  own(principal: Principal, conversationId: string): Promise<ConversationView>;
  /**
   * The same, for whoever is about to put something into it: roles, rules and teams change while a conversation is open. Errors: `not_found`,
   * `not_allowed` (no admin any more), `conflict` (it has ended, or its agent does not answer this person any more).
   */
  ownToGoOn(principal: Principal, conversationId: string): Promise<ConversationView>;
}

/** The turn runs, waits or has its answer: perhaps because the button was pressed twice. */
export class NothingToRetry extends ClawpoolError {
  constructor() {
    super('conflict', 'Only a turn that is blocked or failed can be tried again.');
  }
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

  /** Whoever answers the employee, as the routing says: that is what there is to test. */
  async function agentToTest(principal: Principal, employeeId: string): Promise<TenantRow> {
    if (!mayTest(principal)) throw notForTesting();
    const { organizationId } = principal;
    const { tenant } = await router.resolve({ organizationId, employeeId, origin: 'portal' });
    const found = tenant && (await findTenant(db, tenant.id));
    if (found && found.state !== 'deleted') return found;
    throw new ClawpoolError(
      'not_found',
      'No agent answers this employee.',
      'Give them a position with an agent, or share an agent with them.',
    );
  }

  async function send(
    principal: Principal,
    conversationId: string,
    inbound: { text: string; clientMessageId: string; attachments?: readonly string[] },
  ) {
    await ownToGoOn(principal, conversationId);
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
    throw hasEnded();
  }

  async function ownToGoOn(principal: Principal, conversationId: string): Promise<ConversationView> {
    const conversation = await own(principal, conversationId);
    const { path, tenantId, tenantName, endedAt } = conversation;
    if (path === 'admin' && !mayAskAssistant(principal)) throw notForAsking();
    if (path === 'pgnd' && !mayTest(principal)) throw notForTesting();
    if (path === 'emp' && !(await isAnsweredBy(principal, tenantId))) throw noLongerAnswers(tenantName);
    if (endedAt !== null) throw hasEnded();
    return conversation;
  }

  async function isAnsweredBy({ organizationId, employeeId }: Principal, tenantId: string): Promise<boolean> {
    if (employeeId === null) return false;
    const { tenant } = await router.resolve({ organizationId, employeeId, origin: 'portal', tenantId });
    return tenant?.id === tenantId;
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
    const { organizationId } = await ownToGoOn(principal, conversationId);
    const lockFirst = async (tx: Transaction) => {
      if (!(await lockForRetry(tx, { organizationId, conversationId, turnId }))) throw hasEnded();
    };
    const queueAgain = async (tx: Transaction, turn: TurnRow) => {
      if (turn.state !== 'blocked' && turn.state !== 'failed') throw new NothingToRetry();
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
          // A stop that came too late for the last attempt is not meant for this one.
          stopRequestedAt: null,
        })
        .where(and(eq(turns.organizationId, organizationId), eq(turns.id, turnId), isNull(turns.leaseOwner)));
      await notify(tx, 'turn_accepted', {});
    };
    return changeTurn(organizationId, conversationId, turnId, queueAgain, lockFirst);
  }

  /** Locks the turn, changes it, and tells the page. What else is locked comes `first`: a conversation is locked before its turns. */
  function changeTurn(
    organizationId: string,
    conversationId: string,
    turnId: string,
    change: (tx: Transaction, turn: TurnRow) => Promise<void>,
    first: (tx: Transaction) => Promise<void> = async () => {},
  ): Promise<Turn> {
    return db.transaction(async (tx) => {
      await first(tx);
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
    ownToGoOn,
    start,
    send,
    stop,
    retry,
    get: async (principal, conversationId) => {
      const conversation = await own(principal, conversationId);
      const page = await pageOfMessages(db, principal.organizationId, conversationId);
      const open = await listOpenAndLastTurn(db, principal.organizationId, conversationId);
      return { conversation: toConversation(conversation), ...page, turns: open.map(toTurn) };
    },
    messages: async (principal, conversationId, query) => {
      const { organizationId, id } = await own(principal, conversationId);
      return pageOfMessages(db, organizationId, id, query);
    },
  };
}

const noSuchAgent = () => new ClawpoolError('not_found', 'There is no such agent, or it is not shared with you.');

const noSuchConversation = () =>
  new ClawpoolError('not_found', 'There is no such conversation.', 'It may belong to somebody else. Start a new one.');

const hasEnded = () => new ClawpoolError('conflict', 'This conversation has ended.', 'Start a new one.');

const noLongerAnswers = (agent: string) =>
  new ClawpoolError(
    'conflict',
    `“${agent}” does not answer you any more.`,
    'Start a new conversation: it goes to the agent that does.',
  );

const notForAsking = () =>
  new ClawpoolError(
    'not_allowed',
    'The admin assistant answers administrators only.',
    'You are none any more. Ask an admin of your organization.',
  );

/** Who runs the pool does not read what agents know of people: an operator alone tests nobody's. */
const mayTest = ({ roles }: Principal): boolean => roles.includes('admin');

const notForTesting = () =>
  new ClawpoolError('not_allowed', 'Only admins may test other people’s agents.', 'Ask an admin of your organization.');

const unfinished = (turn: TurnRow) =>
  and(eq(turns.organizationId, turn.organizationId), eq(turns.id, turn.id), isNull(turns.finishedAt));
