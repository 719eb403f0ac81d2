import { randomBytes } from 'node:crypto';
import {
  ClawpoolError,
  type CreateTenantBody,
  createTenantBody,
  type LoadTest,
  type NewAuditEvent,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { listTiers } from '../../organization/tier-store.ts';
import type { Database } from '../../store/database.ts';
import { failureOf } from '../operations/operation.ts';
import type { OperationService } from '../operations/operation-service.ts';
import { requestQuietly } from '../upkeep/request.ts';
import { startRounds } from '../upkeep/rounds.ts';
import { isSettled, type LoadTestRequest, type LoadTestRow, tenantNameOf, toLoadTest } from './load-test.ts';
import {
  findLoadTest,
  findUnnoted,
  finishLoadTest,
  insertLoadTest,
  listLoadTests,
  listLoadTestTenants,
  listOpenLoadTests,
  listToDelete,
  listWithoutRoom,
  markForCleanUp,
  saveRequests,
} from './load-test-store.ts';

/** Makes many tenants at once, for real, and tells how that went. */
export interface LoadTestService {
  /** Errors: `not_found` (the tier). */
  start(input: StartLoadTest): Promise<LoadTest>;
  /** Newest first. */
  list(organizationId: string): Promise<LoadTest[]>;
  /** Error: `not_found`. */
  find(organizationId: string, id: string): Promise<LoadTest>;
  /** Deletes every tenant of it, in the background. Errors: `not_found`; `conflict` while it still makes some. */
  cleanUp(organizationId: string, id: string, actor: NewAuditEvent['actor']): Promise<LoadTest>;
  close(): Promise<void>;
}

export interface StartLoadTest {
  organizationId: string;
  count: number;
  /** Id or name; absent: the first one. */
  tier?: string | undefined;
  image?: string | undefined;
  cpus: number;
  memoryMegabytes: number;
  actor: NewAuditEvent['actor'];
}

export interface LoadTestOptions {
  database: Database;
  operations: OperationService;
  /** Between two looks at tests that are not over. */
  lookMs?: number;
  onError: (error: unknown) => void;
}

/** In the database at once: people's own requests find a connection in between. Each request's time counts from the test's beginning. */
const atOnce = 8;
/** Answers are noted this often, not one by one. */
const noteMs = 250;
/** What waits for room for so long, with nothing else of its test moving, counts as failed. */
const roomSeconds = 60;
const shown = 20;

/** Goes on with the tests that an earlier process left. */
export function startLoadTests({ database, operations, lookMs = 1_000, onError }: LoadTestOptions): LoadTestService {
  const { db } = database;
  /** Tests whose requests this process makes now. */
  const making = new Map<string, Promise<void>>();
  const ended = new AbortController();
  const rounds = startRounds(lookOnce, onError);

  /** As long as a test is not over, soon again. */
  async function lookOnce(): Promise<number | null> {
    const open = await listOpenLoadTests(db);
    for (const row of open) await goOn(row);
    return open.length > 0 ? lookMs : null;
  }

  async function goOn(row: LoadTestRow): Promise<void> {
    if (making.has(row.id)) return;
    if (row.requests.length < row.count) await noteInterrupted(row);
    if (row.cleanedAt) await deleteTenants(row);
    if (row.finishedAt) return;
    const tenants = (await listLoadTestTenants(db, row.organizationId, [row.id])).get(row.id) ?? [];
    if (isSettled(row, tenants)) await finishLoadTest(db, row);
    for (const operationId of await listWithoutRoom(db, row, roomSeconds)) {
      const message = `No host had room for it for ${roomSeconds} s.`;
      await operations.abandon(operationId, { reason: 'capacity_unavailable', message });
    }
  }

  /** Clawpool ended while the test began: what was asked for counts, the rest is not asked for any more. */
  async function noteInterrupted(row: LoadTestRow): Promise<void> {
    const made = await findUnnoted(db, row);
    const rest = Array.from({ length: row.count - row.requests.length }, (_, offset): LoadTestRequest => {
      const tenant = made.get(row.requests.length + offset);
      if (tenant) return { tenantId: tenant.id, ms: tenant.ms };
      return { tenantId: null, ms: 0, reason: 'cancelled', message: 'Clawpool ended before it was asked for.' };
    });
    row.requests = [...row.requests, ...rest];
    await saveRequests(db, row, row.requests);
  }

  async function deleteTenants(row: LoadTestRow): Promise<void> {
    for (const { id, operationId, operationKind } of await listToDelete(db, row)) {
      if (ended.signal.aborted) return;
      if (operationKind === 'delete') continue;
      if (operationId !== null) {
        await operations.abandon(operationId, { reason: 'cancelled', message: 'Its load test is cleaned up.' });
      }
      const request = { kind: 'delete' as const, keepData: false, skipBackup: true };
      const tenant = { organizationId: row.organizationId, id };
      const result = await requestQuietly(operations, tenant, request, 'load-test', onError);
      if (result !== 'requested' && result !== 'busy') onError(result);
    }
  }

  /** All requests at the same moment, as far as a client can tell. */
  async function makeTenants(row: LoadTestRow, body: Omit<CreateTenantBody, 'name'>, by: string): Promise<void> {
    const began = performance.now();
    const answers: (LoadTestRequest | undefined)[] = [];
    let next = 0;
    async function ask(): Promise<void> {
      while (next < row.count && !ended.signal.aborted) {
        const index = next++;
        const name = tenantNameOf(row.id, index);
        const answer = await operations
          .create({ organizationId: row.organizationId, body: { ...body, name }, requestedBy: by })
          .then(
            ({ tenant }) => ({ tenantId: tenant.id }),
            (error: unknown) => refusalOf(error),
          );
        answers[index] = { ms: Math.round(performance.now() - began), ...answer };
      }
    }
    const note = () => saveRequests(db, row, answeredOf(answers));
    let noting = Promise.resolve();
    const noter = setInterval(() => {
      noting = noting.then(note).catch(onError);
    }, noteMs);
    await Promise.all(Array.from({ length: Math.min(atOnce, row.count) }, ask));
    clearInterval(noter);
    await noting;
    await note();
  }

  function refusalOf(error: unknown): Pick<LoadTestRequest, 'tenantId' | 'reason' | 'message'> {
    if (!(error instanceof ClawpoolError)) onError(error);
    const { reason, message } = failureOf(error);
    return { tenantId: null, reason, message };
  }

  async function show(organizationId: string, rows: readonly LoadTestRow[]): Promise<LoadTest[]> {
    const tiers = await listTiers(db, organizationId);
    const tenants = await listLoadTestTenants(
      db,
      organizationId,
      rows.map(({ id }) => id),
    );
    return rows.map((row) =>
      toLoadTest(row, tiers.find(({ id }) => id === row.tierId)?.name ?? row.tierId, tenants.get(row.id) ?? []),
    );
  }

  async function find(organizationId: string, id: string): Promise<LoadTestRow> {
    const row = await findLoadTest(db, organizationId, id);
    if (row) return row;
    throw new ClawpoolError(
      'not_found',
      `There is no load test ${id}.`,
      'The list of load tests has all that there are.',
    );
  }

  async function shownOne(row: LoadTestRow): Promise<LoadTest> {
    const [test] = await show(row.organizationId, [row]);
    if (!test) throw new Error('unreachable');
    return test;
  }

  return {
    start: async ({ organizationId, count, tier, image, cpus, memoryMegabytes, actor }) => {
      const tiers = await listTiers(db, organizationId);
      const chosen =
        tier === undefined
          ? tiers[0]
          : (tiers.find(({ id }) => id === tier) ?? tiers.find(({ name }) => name === tier));
      if (!chosen) {
        throw new ClawpoolError('not_found', `There is no tier “${tier ?? ''}”.`, 'Pool Ops lists the tiers.');
      }
      const id = randomBytes(4).toString('hex');
      const row = await db.transaction(async (tx) => {
        const detail = { count, tier: chosen.name, cpus, memoryMegabytes, ...(image === undefined ? {} : { image }) };
        await recordAudit(tx, organizationId, {
          ...{ actor, action: 'pool.load_test_started', target: { type: 'load_test', id, name: `lt-${id}` } },
          ...{ outcome: 'allowed', detail },
        });
        return insertLoadTest(tx, { organizationId, id, count, tierId: chosen.id, startedBy: actor.name });
      });
      const { name: _, ...body } = createTenantBody.parse({
        ...{ name: 'lt', tier: chosen.id, image, cpus, memoryMegabytes },
        ...{ group: 'load-test', tags: { 'load-test': id } },
      });
      const made = makeTenants(row, body, actor.name)
        .catch(onError)
        .finally(() => {
          making.delete(id);
          rounds.soon();
        });
      making.set(id, made);
      return shownOne(row);
    },
    list: async (organizationId) => show(organizationId, await listLoadTests(db, organizationId, shown)),
    find: async (organizationId, id) => shownOne(await find(organizationId, id)),
    cleanUp: async (organizationId, id, actor) => {
      const row = await find(organizationId, id);
      if (making.has(id)) {
        throw new ClawpoolError(
          'conflict',
          'The load test still makes tenants.',
          'Wait until all requests are answered, then clean up.',
        );
      }
      await db.transaction(async (tx) => {
        await markForCleanUp(tx, row);
        await recordAudit(tx, organizationId, {
          ...{ actor, action: 'pool.load_test_cleaned', target: { type: 'load_test', id, name: `lt-${id}` } },
          ...{ outcome: 'allowed', detail: {} },
        });
      });
      rounds.soon();
      return shownOne(await find(organizationId, id));
    },
    close: async () => {
      ended.abort();
      await Promise.all(making.values());
      await rounds.close();
    },
  };
}

/** Up to the first that is not answered yet: their order is the requests'. */
function answeredOf(answers: readonly (LoadTestRequest | undefined)[]): LoadTestRequest[] {
  const answered: LoadTestRequest[] = [];
  for (const answer of answers) {
    if (!answer) break;
    answered.push(answer);
  }
  return answered;
}
