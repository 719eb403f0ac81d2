import { buffer } from 'node:stream/consumers';
import { ClawpoolError, type ModelChoice, noteLimits, workspaceLimits } from '@clawpool/contracts';
import { memoryLimit, oneLine, openclawProfile } from '@clawpool/workspace';
import { and, eq, inArray } from 'drizzle-orm';
import { loadAgentDefinition } from '../../organization/agent-definition.ts';
import { effectiveValues } from '../../pool/templates/template.ts';
import { findTenant, type TenantRow } from '../../pool/tenant-store.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { conversations, turns } from '../../store/schema/index.ts';
import type { WorkspaceReader } from '../workspace-reader.ts';
import type { WorkspaceWriter } from '../workspace-writer.ts';
import { noteOf, withNote } from './note.ts';

/** MEMORY.md, which the agent sees in every conversation, and the notes of each day in memory/. */
export interface MemoryService {
  /** Characters of MEMORY.md; null: there is none. */
  characters(tenant: TenantRow): Promise<number | null>;
  /** How many of them the agent sees. */
  limit(tenant: TenantRow): Promise<number>;
  /**
   * The agent writes a line down: it is added to the day's notes. What it wrote is in the trail by its path, as all changes of files are. Errors:
   * `conflict` (its files are busy), `too_large` (enough for a day), `invalid_request` (nothing to be seen in it).
   */
  remember(agent: NotingAgent, text: string): Promise<{ path: string }>;
  /** The notes of the last days that have any, the newest first; of a long day the end. */
  recall(agent: Pick<NotingAgent, 'organizationId' | 'tenantId'>): Promise<{ path: string; text: string }[]>;
}

export interface NotingAgent {
  organizationId: string;
  tenantId: string;
  agentName: string;
  /** IANA name: which day it is. */
  timezone: string;
}

export interface MemoryServiceOptions {
  database: Database;
  reader: WorkspaceReader;
  writer: WorkspaceWriter;
  /** What holds of the model where nobody says anything narrower. */
  installation: ModelChoice;
  /** Of tenants for which nothing else is said. */
  defaultImage: string;
  now?: () => Date;
}

/** What is recalled: some days, and characters of each. */
const recalled = { days: 3, characters: 3_000 } as const;

/** Nobody reads more of a file than this only to count it. */
const countedBytes = 256 * 1024;

export function createMemoryService(options: MemoryServiceOptions): MemoryService {
  const { database, reader, writer, installation, defaultImage, now = () => new Date() } = options;
  const { db } = database;
  /** Per agent, the note that is being written: the next one waits for it. */
  const writing = new Map<string, Promise<unknown>>();

  async function text(tenant: TenantRow, path: string, mostBytes: number): Promise<string | 'large' | null> {
    const file = await reader.file(tenant, path);
    if (!file) return null;
    if (file.bytes > mostBytes) {
      file.close();
      return 'large';
    }
    return (await buffer(file.content)).toString('utf8');
  }

  async function add(agent: NotingAgent, line: string): Promise<{ path: string }> {
    const tenant = await findTenant(db, agent.tenantId);
    if (tenant?.organizationId !== agent.organizationId) throw goneAgent();
    if (await isTriedOut(db, tenant)) throw triedOut();
    const note = noteOf(line, now(), agent.timezone);
    const before = await text(tenant, note.path, noteLimits.dayBytes);
    const after = before === 'large' ? null : withNote(before, note);
    if (after === null || after.bytes > noteLimits.dayBytes) {
      throw new ClawpoolError(
        'too_large',
        `${note.path} is full: that is enough for a day.`,
        'Note only what will matter later; the person can shorten the file in My profile.',
      );
    }
    await writer.change({ type: 'agent', id: agent.tenantId, name: agent.agentName }, tenant, 'memory.noted', {
      ...{ kind: 'write', path: note.path, expected: after.expected, content: after.content() },
    });
    return { path: note.path };
  }

  return {
    characters: async (tenant) => {
      const found = await text(tenant, 'MEMORY.md', countedBytes);
      // As OpenClaw counts them.
      return found === null ? null : found === 'large' ? countedBytes : found.trimEnd().length;
    },

    limit: async (tenant) => {
      const agent = await loadAgentDefinition(db, tenant.organizationId, tenant.id, installation);
      const image = effectiveValues(tenant).image ?? defaultImage;
      return memoryLimit(agent, openclawProfile(image.replace(/^openclaw-/u, '')));
    },

    recall: async ({ organizationId, tenantId }) => {
      const tenant = await findTenant(db, tenantId);
      if (tenant?.organizationId !== organizationId) throw goneAgent();
      const { found } = await reader.folder(tenant, 'memory', { offset: 0, limit: workspaceLimits.pageEntries });
      const days = (found?.entries ?? [])
        .filter(({ name, kind }) => kind === 'file' && /^\d{4}-\d\d-\d\d\.md$/u.test(name))
        .map(({ name }) => `memory/${name}`)
        .sort()
        .reverse();
      const notes: { path: string; text: string }[] = [];
      for (const path of days.slice(0, recalled.days)) {
        const written = await text(tenant, path, countedBytes);
        if (written === null || written === 'large') continue;
        notes.push({ path, text: written.slice(-recalled.characters).toWellFormed() });
      }
      return notes;
    },

    remember: async (agent, said) => {
      const line = oneLine(said, noteLimits.characters);
      if (line === '') {
        throw new ClawpoolError(
          'invalid_request',
          'There is nothing to be seen in it.',
          'Write what is worth remembering.',
        );
      }
      const before = writing.get(agent.tenantId) ?? Promise.resolve();
      const mine = before.then(() => add(agent, line));
      const settled = mine.catch(() => {});
      writing.set(agent.tenantId, settled);
      void settled.then(() => writing.get(agent.tenantId) === settled && writing.delete(agent.tenantId));
      return mine;
    },
  };
}

/** Whoever tries an agent out leaves nothing in its memory: it is put back after their turn, and with it what another turn would note meanwhile. */
async function isTriedOut(db: Queryable, { organizationId, id }: TenantRow): Promise<boolean> {
  const running = await db
    .select({ id: turns.id })
    .from(turns)
    .innerJoin(
      conversations,
      and(eq(conversations.organizationId, turns.organizationId), eq(conversations.id, turns.conversationId)),
    )
    .where(
      and(
        eq(turns.organizationId, organizationId),
        eq(turns.tenantId, id),
        inArray(turns.state, ['waking', 'thinking']),
        eq(conversations.path, 'pgnd'),
      ),
    )
    .limit(1);
  return running.length > 0;
}

const triedOut = () =>
  new ClawpoolError(
    'conflict',
    'You are being tried out just now: nothing is noted meanwhile.',
    'Say so; if you were not the one who is tried, note it in a minute.',
  );

const goneAgent = () => new ClawpoolError('not_found', 'You are not there any more.');
