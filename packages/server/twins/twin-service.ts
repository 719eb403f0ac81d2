import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  ClawpoolError,
  type ConversationEvent,
  createTenantBody,
  type Message,
  type Turn,
  type Twin,
  type TwinPage,
} from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import { type Accepted, acceptMessage } from '../conversations/accept.ts';
import type { LiveConversations } from '../conversations/live-conversations.ts';
import { openConversation } from '../conversations/open-conversation.ts';
import { addressKey, countRequest } from '../integrations/request-limit.ts';
import type { Principal } from '../organization/principal.ts';
import { createTenant } from '../pool/operations/create.ts';
import { findTenantByAnyName, findTenantOfEmployee, type TenantRow } from '../pool/tenant-store.ts';
import type { Database, Transaction } from '../store/database.ts';
import {
  emptySnapshot,
  newTwinToken,
  publicEvent,
  publicMessage,
  publicTurn,
  twinLimits,
  twinTenantName,
  visitorKey,
} from './twin.ts';
import {
  countUse,
  findOpenTwin,
  findTwin,
  lockTwin,
  lookAgain,
  type OpenTwin,
  saveTwin,
  setTenantExpiry,
  stopTurnsOfTenant,
  switchOff,
  type TwinRow,
} from './twin-store.ts';

export interface TwinSettings {
  active: boolean;
  greeting: string;
  expiresAt: string | null;
}

/** Who visits: the page's own key of its browser, and where from. */
export interface Visit {
  visitor: string;
  address: string;
}

/** People's digital twins, and their visitors. */
export interface TwinService {
  /** `baseUrl`: where the installation answers, for the link. */
  mine(principal: Principal, baseUrl: string): Promise<Twin>;
  /**
   * On: makes a tenant with a copy of the files of the person's agent, unless there is one, and a new link. Off: the link ends at once,
   * and the tenant is deleted. Errors: `not_found` (no agent to copy), `quota_exceeded`, `invalid_request` (an expiry that has passed).
   */
  put(principal: Principal, settings: TwinSettings, baseUrl: string): Promise<Twin>;
  /** Counts the view. Errors of this and the next two: `not_found`, `too_many_requests`. */
  page(token: string, address: string): Promise<TwinPage>;
  /** Resolves when the message is stored for good. Errors: see `acceptMessage`. */
  send(
    token: string,
    visit: Visit,
    message: { text: string; clientMessageId: string },
  ): Promise<{ message: Message; turn: Turn }>;
  /** The visitor's own conversation, until the link or the visit ends. */
  events(
    token: string,
    visit: Visit,
    to: { send(event: ConversationEvent): void; readonly signal: AbortSignal; end(): void },
  ): Promise<void>;
}

export interface TwinServiceOptions {
  database: Database;
  live: Pick<LiveConversations, 'follow'>;
  /** Milliseconds after which a stream sees that its link has ended, or that its conversation began in another process; 3 000 unless given. */
  lookAgainMs?: number;
}

export function createTwinService({ database, live, lookAgainMs = 3_000 }: TwinServiceOptions): TwinService {
  const { db } = database;
  /** Tells streams of this process that their visitor has said something. */
  const said = new EventEmitter<Record<string, []>>();
  said.setMaxListeners(0);

  async function open(token: string): Promise<OpenTwin> {
    const twin = await findOpenTwin(db, token);
    if (twin) return twin;
    throw new ClawpoolError(
      'not_found',
      'This digital twin is no longer active.',
      'Ask the person who gave you the link for a new one.',
    );
  }

  return {
    mine: async ({ organizationId, employeeId }, baseUrl) =>
      show(employeeId === null ? null : await findTwin(db, organizationId, employeeId), baseUrl),

    put: (principal, settings, baseUrl) =>
      db.transaction(async (tx) => {
        const { organizationId } = principal;
        const employeeId = principal.employeeId ?? noAgent();
        await lockTwin(tx, organizationId, employeeId);
        if (settings.active) await on(tx, principal, employeeId, settings);
        else await off(tx, principal, employeeId);
        return show(await findTwin(tx, organizationId, employeeId), baseUrl);
      }),

    page: async (token, address) => {
      await countLook(address);
      const twin = await open(token);
      await countUse(db, twin, 'views');
      const { name, position, company, greeting } = twin;
      return { name, position, company, greeting };
    },

    send: async (token, { visitor, address }, { text, clientMessageId }) => {
      await countRequest(db, {
        key: `twin address ${addressKey(address)}`,
        perMinute: twinLimits.sendPerAddress,
        message: 'You have sent many messages within a minute.',
      });
      const twin = await open(token);
      await countRequest(db, {
        key: `twin ${twin.tenantId}`,
        perMinute: twinLimits.sendPerTwin,
        message: 'Many people write to this digital twin just now.',
      });
      const callerKey = visitorKey(twin.tenantId, visitor);
      const { message, turn } = await db.transaction(async (tx) => {
        const accepted = await acceptFrom(tx, twin, callerKey, { text, clientMessageId });
        if (!accepted.known) await countUse(tx, twin, 'messages');
        return accepted;
      });
      said.emit(callerKey);
      return { message: publicMessage(message), turn: publicTurn(turn) };
    },

    events: async (token, { visitor, address }, to) => {
      await countLook(address);
      const { organizationId, tenantId } = await open(token);
      const callerKey = visitorKey(tenantId, visitor);
      let followed: string | null = null;
      let stop = () => {};
      to.signal.addEventListener('abort', () => stop());
      while (!to.signal.aborted) {
        const heard = somethingIsSaid(callerKey, to.signal);
        const now = await lookAgain(db, token, callerKey);
        if (!now) return to.end();
        if (now.conversationId === null && followed === null) {
          followed = '';
          to.send(emptySnapshot(new Date()));
        } else if (now.conversationId !== null && now.conversationId !== followed) {
          stop();
          followed = now.conversationId;
          stop = await live.follow(organizationId, followed, (event) => to.send(publicEvent(event)));
          if (to.signal.aborted) stop();
        }
        await heard;
      }
    },
  };

  function countLook(address: string): Promise<void> {
    return countRequest(db, {
      key: `twin look ${addressKey(address)}`,
      perMinute: twinLimits.lookPerAddress,
      message: 'You have opened this page many times within a minute.',
    });
  }

  /** Resolves when the visitor has said something here, when it is time to look again, or at the end. */
  async function somethingIsSaid(callerKey: string, signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, AbortSignal.timeout(lookAgainMs)]);
    await once(said, callerKey, { signal: over }).catch((error: unknown) => {
      if (!over.aborted) throw error;
    });
  }
}

async function on(
  tx: Transaction,
  principal: Principal,
  employeeId: string,
  { greeting, expiresAt: until }: TwinSettings,
): Promise<void> {
  const { organizationId } = principal;
  const expiresAt = until === null ? null : new Date(until);
  if (expiresAt && expiresAt <= new Date()) {
    throw new ClawpoolError('invalid_request', 'The twin would have expired already.', 'Give a time to come.');
  }
  const before = await findTwin(tx, organizationId, employeeId);
  const kept = before !== null && isActive(before) ? before : null;
  const tenantId = kept?.tenantId ?? (await copyAgent(tx, principal, employeeId));
  await setTenantExpiry(tx, { organizationId, tenantId }, expiresAt);
  await saveTwin(tx, {
    ...{ organizationId, employeeId, tenantId, greeting, expiresAt, active: true, token: newTwinToken() },
    ...(kept ? {} : { copiedAt: new Date() }),
    ...{ views: 0, messages: 0 },
  });
  await audit(tx, principal, 'twin.switched_on', employeeId, { tenantId, expiresAt: until, copied: kept === null });
}

async function off(tx: Transaction, principal: Principal, employeeId: string): Promise<void> {
  const { organizationId } = principal;
  const before = await findTwin(tx, organizationId, employeeId);
  if (!before || !(await switchOff(tx, organizationId, employeeId))) return;
  const { tenantId } = before;
  await stopTurnsOfTenant(tx, { organizationId, tenantId });
  // Deleted by the pool's upkeep, which comes again while something else is being done to it.
  if (before.tenantIsThere) await setTenantExpiry(tx, { organizationId, tenantId }, new Date());
  await audit(tx, principal, 'twin.switched_off', employeeId, { tenantId });
}

/** A tenant like the person's own, with a copy of its files, which sleeps until the first visitor writes. Returns its id. */
async function copyAgent(tx: Transaction, principal: Principal, employeeId: string): Promise<string> {
  const { organizationId, userId, name } = principal;
  const source = (await findTenantOfEmployee(tx, organizationId, employeeId)) ?? noAgent();
  const { tenantId } = await createTenant(
    tx,
    {
      organizationId,
      requestedBy: name,
      actor: { type: 'person', id: userId, name },
      body: createTenantBody.parse({
        name: await freeName(tx, organizationId, employeeId),
        tier: source.tierId,
        configTemplate: source.configTemplate ?? undefined,
        image: source.image ?? undefined,
        cpus: source.cpuMillis === null ? undefined : source.cpuMillis / 1000,
        memoryMegabytes: source.memoryMegabytes ?? undefined,
        diskMegabytes: source.diskMegabytes ?? undefined,
        skills: source.skills,
        skillGroups: source.skillGroups,
        tags: { twin: 'public' },
        cloneFrom: source.id,
        start: false,
      }),
    },
    // It runs with the image its owner's agent runs with.
    { images: new Set(imagesOf(source)) },
  );
  return tenantId;
}

const imagesOf = ({ image, template }: TenantRow): string[] =>
  [image, template?.image].filter((one) => one !== null && one !== undefined);

/** The one before may still be on its way out. */
async function freeName(tx: Transaction, organizationId: string, employeeId: string): Promise<string> {
  const plain = twinTenantName(employeeId, '');
  const taken = await findTenantByAnyName(tx, organizationId, plain);
  return taken && taken.state !== 'deleted' ? twinTenantName(employeeId, randomBytes(3).toString('hex')) : plain;
}

async function acceptFrom(
  tx: Transaction,
  { organizationId, tenantId }: OpenTwin,
  callerKey: string,
  { text, clientMessageId }: { text: string; clientMessageId: string },
): Promise<Accepted> {
  // A second try: the conversation that is open may end in the moment between finding and locking it.
  for (let tries = 0; tries < 2; tries++) {
    const caller = { organizationId, tenantId, path: 'twin' as const, callerKey, callerName: 'Visitor', userId: null };
    const conversation = await openConversation(tx, caller);
    const accepted = await acceptMessage(tx, {
      ...{ organizationId, conversationId: conversation.id, origin: 'twin', verification: 'unverified' },
      ...{ channelMessageId: clientMessageId, text, at: new Date() },
    });
    if (accepted) return accepted;
  }
  throw new ClawpoolError('conflict', 'The conversation ended while the message was on its way.', 'Send it again.');
}

const isActive = (twin: TwinRow & { tenantIsThere: boolean }): boolean =>
  twin.active && twin.tenantIsThere && (twin.expiresAt === null || twin.expiresAt > new Date());

function show(twin: (TwinRow & { tenantIsThere: boolean }) | null, baseUrl: string): Twin {
  if (!twin) {
    const never = { active: false, tenantId: null, url: null, copiedAt: null, expiresAt: null };
    return { ...never, greeting: '', views: 0, messages: 0 };
  }
  const active = isActive(twin);
  return {
    active,
    tenantId: active ? twin.tenantId : null,
    url: active && twin.token !== null ? `${baseUrl}/t/${twin.token}` : null,
    greeting: twin.greeting,
    views: twin.views,
    messages: twin.messages,
    copiedAt: active ? twin.copiedAt.toISOString() : null,
    expiresAt: twin.expiresAt?.toISOString() ?? null,
  };
}

function noAgent(): never {
  throw new ClawpoolError(
    'not_found',
    'You have no agent that a twin could be a copy of.',
    'An admin has to give you a position with an agent.',
  );
}

const audit = (
  tx: Transaction,
  { organizationId, userId, name }: Principal,
  action: 'twin.switched_on' | 'twin.switched_off',
  employeeId: string,
  detail: Record<string, unknown>,
): Promise<void> =>
  recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name },
    action,
    target: { type: 'employee', id: employeeId, name },
    outcome: 'allowed',
    detail,
  });
