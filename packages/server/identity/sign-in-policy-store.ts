import type { SignInSettings } from '@clawpool/contracts';
import { and, count, eq } from 'drizzle-orm';
import type { Queryable, Transaction } from '../store/database.ts';
import { identityProviders, signInPolicies } from '../store/schema/index.ts';
import { defaultSignInSettings } from './sign-in-policy.ts';

export async function findSignInSettings(db: Queryable, organizationId: string): Promise<SignInSettings> {
  const [row] = await db.select().from(signInPolicies).where(eq(signInPolicies.organizationId, organizationId));
  return row ?? defaultSignInSettings;
}

export async function putSignInSettings(
  tx: Transaction,
  organizationId: string,
  settings: SignInSettings,
): Promise<void> {
  await tx
    .insert(signInPolicies)
    .values({ organizationId, ...settings })
    .onConflictDoUpdate({ target: signInPolicies.organizationId, set: settings });
}

export async function countEnabledProviders(db: Queryable, organizationId: string): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(identityProviders)
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.enabled, true)));
  return row?.n ?? 0;
}
