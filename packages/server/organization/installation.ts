import { sql } from 'drizzle-orm';
import type { Transaction } from '../store/database.ts';

/** The user behind the operator token, so that what the command line does has an actor. No password leads to it. */
export const localOperator = {
  id: 'local-operator',
  name: 'local operator',
  email: 'local-operator@clawpool.local',
} as const;

/** Who did what happens without a person. */
export const systemActor = { type: 'system', id: 'clawpool', name: 'Clawpool' } as const;

/** Held until the transaction ends: of two first starts at once, the second finds what the first made. */
export async function installationLock(tx: Transaction): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(827149264)`);
}
