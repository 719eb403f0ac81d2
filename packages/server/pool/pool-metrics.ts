import { tenantState } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { Gauge, type Registry } from 'prom-client';
import type { Database } from '../store/database.ts';

/** What an operator wants to see of the pool and its work; read from the database when asked. */
export function registerPoolMetrics(registry: Registry, { db }: Database): void {
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
