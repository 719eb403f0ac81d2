import { asc } from 'drizzle-orm';
import type { Database } from '../store/database.ts';
import { tenants } from '../store/schema/index.ts';

/** Tells whose agents were marked (`markAgents`) since it was asked before, by id. */
export async function watchMarkedAgents({ db }: Database): Promise<() => Promise<string[]>> {
  const read = async () => {
    const rows = await db
      .select({ id: tenants.id, revision: tenants.agentRevision })
      .from(tenants)
      .orderBy(asc(tenants.id));
    return new Map(rows.map(({ id, revision }) => [id, revision]));
  };
  let before = await read();
  return async () => {
    const now = await read();
    const marked = [...now].filter(([id, revision]) => revision > (before.get(id) ?? 1)).map(([id]) => id);
    before = now;
    return marked;
  };
}
