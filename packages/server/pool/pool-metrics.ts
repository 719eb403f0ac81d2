import { tenantState } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { Gauge, Histogram, type Registry } from 'prom-client';
import type { Database } from '../store/database.ts';
import { listRooms } from './capacity/capacity-store.ts';
import type { WarmSlots } from './warm-slots/warm-slots.ts';

/** What an operator wants to see of the pool and its work; read from the database when asked. */
export function registerPoolMetrics(registry: Registry, database: Database, slots: Pick<WarmSlots, 'status'>): void {
  const { db } = database;
  registerOperationMetrics(registry, database);
  registerCapacityMetrics(registry, database, slots);
  new Gauge({
    name: 'clawpool_tenants',
    help: 'Tenants by state',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const { rows } = await db.execute<{ state: string; n: number }>(
        sql`select state, count(*)::int as n from tenants group by state`,
      );
      for (const state of tenantState.options) this.set({ state }, rows.find((row) => row.state === state)?.n ?? 0);
    },
  });
  new Gauge({
    name: 'clawpool_turns_open',
    help: 'Turns that are not over, by what they do',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const { rows } = await db.execute<{ state: string; n: number }>(
        sql`select state, count(*)::int as n from turns where finished_at is null group by state`,
      );
      this.reset();
      for (const { state, n } of rows) this.set({ state }, n);
    },
  });
  new Gauge({
    name: 'clawpool_turn_oldest_wait_seconds',
    help: 'How long the oldest turn that is not over has waited',
    registers: [registry],
    async collect() {
      const { rows } = await db.execute<{ seconds: number }>(
        sql`select coalesce(extract(epoch from now() - min(accepted_at)), 0)::float as seconds from turns where finished_at is null`,
      );
      this.set(rows[0]?.seconds ?? 0);
    },
  });
}

function registerOperationMetrics(registry: Registry, { db }: Database): void {
  new Gauge({
    name: 'clawpool_operations_open',
    help: 'Operations that are not over, by kind and state',
    labelNames: ['kind', 'state'],
    registers: [registry],
    async collect() {
      const { rows } = await db.execute<{ kind: string; state: string; n: number }>(
        sql`select kind, state, count(*)::int as n from operations where finished_at is null group by kind, state`,
      );
      this.reset();
      for (const { kind, state, n } of rows) this.set({ kind, state }, n);
    },
  });
  /** Up to when ended operations have been counted; each is, once, by the first look after its end. */
  let countedUntil = Date.now();
  new Histogram({
    name: 'clawpool_operation_duration_seconds',
    help: 'From an operation’s request to its end; for wakes also by how the runtime came about',
    labelNames: ['kind', 'state', 'started_by'],
    buckets: [0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300, 900],
    registers: [registry],
    async collect() {
      // Two seconds back: an end becomes visible with its commit, a little after the time it carries.
      const { rows } = await db.execute<{
        kind: string;
        state: string;
        started_by: string;
        seconds: number;
        until: number;
      }>(sql`
        with span as (select to_timestamp(${countedUntil}::float8 / 1000) as since, now() - interval '2 seconds' as until)
        select o.kind, o.state, coalesce(o.result->>'startedBy', '') as started_by,
          extract(epoch from o.finished_at - o.created_at)::float8 as seconds, extract(epoch from span.until)::float8 * 1000 as until
        from span left join operations o on o.finished_at > span.since and o.finished_at <= span.until`);
      countedUntil = Math.max(countedUntil, rows[0]?.until ?? 0);
      for (const { kind, state, started_by, seconds } of rows) {
        if (kind !== null) this.observe({ kind, state, started_by }, seconds);
      }
    },
  });
  new Gauge({
    name: 'clawpool_drifts_last_day',
    help: 'How often ledger and hosts differed within the last 24 hours, by what it was',
    labelNames: ['kind', 'action'],
    registers: [registry],
    async collect() {
      const { rows } = await db.execute<{ kind: string; action: string; n: number }>(
        sql`select kind, action, count(*)::int as n from drifts where at > now() - interval '1 day' group by kind, action`,
      );
      this.reset();
      for (const { kind, action, n } of rows) this.set({ kind, action }, n);
    },
  });
}

function registerCapacityMetrics(registry: Registry, { db }: Database, slots: Pick<WarmSlots, 'status'>): void {
  const labelNames = ['host', 'resource'] as const;
  new Gauge({
    name: 'clawpool_capacity_total',
    help: 'What the pool may hand out on a host, overcommit included: cores and megabytes',
    labelNames,
    registers: [registry],
    async collect() {
      this.reset();
      for (const room of await listRooms(db)) {
        this.set({ host: room.hostId, resource: 'cpus' }, room.cpuMillis / 1000);
        this.set({ host: room.hostId, resource: 'memory_megabytes' }, room.memoryMegabytes);
      }
    },
  });
  new Gauge({
    name: 'clawpool_capacity_reserved',
    help: 'What of it tenants and warm slots hold',
    labelNames,
    registers: [registry],
    async collect() {
      this.reset();
      for (const room of await listRooms(db)) {
        this.set({ host: room.hostId, resource: 'cpus' }, room.reservedCpuMillis / 1000);
        this.set({ host: room.hostId, resource: 'memory_megabytes' }, room.reservedMemoryMegabytes);
      }
    },
  });
  const slotLabels = ['organization', 'tier', 'image'] as const;
  new Gauge({
    name: 'clawpool_warm_slot_takes',
    help: 'Starts since Clawpool started, by whether a warm slot was ready',
    labelNames: [...slotLabels, 'ready'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const group of await slots.status(null)) {
        const labels = { organization: group.organizationId, tier: group.tier, image: group.image };
        this.set({ ...labels, ready: 'yes' }, group.claims);
        this.set({ ...labels, ready: 'no' }, group.misses);
      }
    },
  });
  new Gauge({
    name: 'clawpool_warm_slots',
    help: 'Warm slots that are ready or booting, and how many are wanted',
    labelNames: [...slotLabels, 'state'],
    registers: [registry],
    async collect() {
      this.reset();
      for (const group of await slots.status(null)) {
        const labels = { organization: group.organizationId, tier: group.tier, image: group.image };
        for (const state of ['ready', 'booting', 'target'] as const) this.set({ ...labels, state }, group[state]);
      }
    },
  });
}
