import type { DirectorySettings } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { directorySettings } from '../../store/schema/index.ts';

const byDefault: DirectorySettings = { departmentDelimiter: ' / ', scimDelete: 'suspend' };

export async function findSettings(db: Queryable, organizationId: string): Promise<DirectorySettings> {
  const [row] = await db.select().from(directorySettings).where(eq(directorySettings.organizationId, organizationId));
  if (!row) return byDefault;
  return { departmentDelimiter: row.departmentDelimiter, scimDelete: row.scimDelete };
}

export async function saveSettings(tx: Transaction, organizationId: string, said: DirectorySettings): Promise<void> {
  await tx
    .insert(directorySettings)
    .values({ organizationId, ...said })
    .onConflictDoUpdate({ target: directorySettings.organizationId, set: said });
}
