import type { Drift, Host, HostedRuntime } from '@clawpool/contracts';
import { and, eq, inArray, isNull, notInArray, or, sql } from 'drizzle-orm';
import type { Database } from '../../store/database.ts';
import { reservations, tenants } from '../../store/schema/index.ts';
import { statesWithRuntime } from '../tenant.ts';
import { noteAnswer, noteSilence } from './host-health.ts';
import { describeHost, listRuntimes } from './hosted-runtimes.ts';
import {
  type ReconcilerOptions,
  releaseLeaked,
  releaseSlot,
  reserveMissing,
  type Settling,
  settleLost,
  settleRuntime,
} from './settle.ts';

/**
 * Compares what runs on every host with tenants and ledger, and sets right what differs. Each finding is one transaction that holds the
 * tenant's row and looks once more, so that it never fights an operation; a tenant with an open operation is left alone.
 */
export async function reconcile(options: ReconcilerOptions): Promise<Drift[]> {
  const found = await Promise.all([...options.hosts].map(([hostId, host]) => reconcileHost(options, hostId, host)));
  return found.flat();
}

async function reconcileHost(options: ReconcilerOptions, hostId: string, host: Host): Promise<Drift[]> {
  const { database, slots } = options;
  // Before the host is asked: what is expected here and does not run afterwards is lost, and not just started.
  const expected = await listExpected(database, hostId);
  const runtimes = await listRuntimes(host);
  const description = await describeHost(host);
  if (runtimes === null || description === null) return noteSilence(database, hostId);

  const settling: Settling = { ...options, hostId, host, description };
  const found: (Drift | null)[] = await noteAnswer(database, hostId, description);
  for (const tenant of expected) {
    if (!runtimes.some((runtime) => isOf(runtime, tenant))) found.push(await settleLost(settling, tenant));
  }
  for (const runtime of runtimes) {
    if (runtime.kind === 'slot') {
      if (!slots.holds(runtime.id)) found.push(await releaseSlot(settling, runtime.id));
    } else if (!expected.some((tenant) => isOf(runtime, tenant))) {
      found.push(await settleRuntime(settling, runtime));
    }
  }
  for (const { reservations: reservation } of await listDoubtfulReservations(database, hostId)) {
    if (reservation.kind === 'tenant') found.push(await releaseLeaked(settling, reservation));
    else if (!slots.holds(reservation.ownerId)) found.push(await releaseSlot(settling, reservation.ownerId));
  }
  for (const tenant of await listUnreserved(database, hostId)) found.push(await reserveMissing(settling, tenant));
  return found.filter((drift) => drift !== null);
}

const isOf = (runtime: HostedRuntime, tenant: { id: string; generation: number }) =>
  runtime.kind === 'tenant' && runtime.id === tenant.id && runtime.generation === tenant.generation;

/** Tenants that have a runtime there, as far as the database knows. */
const listExpected = ({ db }: Database, hostId: string) =>
  db
    .select({ organizationId: tenants.organizationId, id: tenants.id, generation: tenants.generation })
    .from(tenants)
    .where(and(eq(tenants.hostId, hostId), inArray(tenants.state, ['running', 'paused']), isLeftAlone));

/** Reservations that are older than any boot's or claim's first step: slots', and those that no tenant there has a runtime for. */
const listDoubtfulReservations = ({ db }: Database, hostId: string) =>
  db
    .select()
    .from(reservations)
    .leftJoin(
      tenants,
      and(eq(tenants.organizationId, reservations.organizationId), eq(tenants.id, reservations.ownerId)),
    )
    .where(
      and(
        eq(reservations.hostId, hostId),
        sql`${reservations.createdAt} < now() - interval '1 minute'`,
        or(
          eq(reservations.kind, 'slot'),
          isNull(tenants.id),
          and(
            or(notInArray(tenants.state, [...statesWithRuntime]), sql`${tenants.hostId} is distinct from ${hostId}`),
            isLeftAlone,
          ),
        ),
      ),
    );

const listUnreserved = ({ db }: Database, hostId: string) =>
  db
    .select({ organizationId: tenants.organizationId, id: tenants.id, generation: tenants.generation })
    .from(tenants)
    .where(
      and(
        eq(tenants.hostId, hostId),
        inArray(tenants.state, ['running', 'paused']),
        isLeftAlone,
        sql`not exists (select 1 from reservations r where r.owner_id = ${tenants.id})`,
      ),
    );

const isLeftAlone = sql`not exists (select 1 from operations o where o.organization_id = ${tenants.organizationId}
  and o.tenant_id = ${tenants.id} and o.finished_at is null)`;
