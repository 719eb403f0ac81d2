import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import {
  agentSettings,
  employees,
  layerProposals,
  layers,
  layerVersions,
  routingRules,
} from '../../store/schema/index.ts';
import { recordAll } from '../people/people-store.ts';
import type { AuditActor } from '../people/person.ts';
import { followTiers, tiersBefore } from '../people/provisioning.ts';

/** Its people have no position any more; its layer, settings and rule go. Another position with the same id begins with nothing. */
export async function leavePosition(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { id, name }: { id: string; name: string },
): Promise<void> {
  const decidedBefore = await tiersBefore(tx, organizationId, { positionId: id });
  const left = await tx
    .update(employees)
    .set({ positionId: null })
    .where(and(eq(employees.organizationId, organizationId), eq(employees.positionId, id)))
    .returning({ id: employees.id, name: employees.name });
  await tx
    .delete(routingRules)
    .where(
      and(
        eq(routingRules.organizationId, organizationId),
        eq(routingRules.scope, 'position'),
        eq(routingRules.ownerId, id),
      ),
    );
  for (const table of [layerProposals, layerVersions, layers]) {
    await tx
      .delete(table)
      .where(and(eq(table.organizationId, organizationId), eq(table.scope, 'position'), eq(table.ownerId, id)));
  }
  await tx
    .delete(agentSettings)
    .where(
      and(
        eq(agentSettings.organizationId, organizationId),
        eq(agentSettings.scope, 'position'),
        eq(agentSettings.ownerId, id),
      ),
    );
  await followTiers(tx, organizationId, actor, decidedBefore);
  await recordAll(
    tx,
    organizationId,
    left.map((person) => ({
      actor,
      action: 'employee.changed',
      target: { type: 'employee', ...person },
      outcome: 'allowed',
      detail: { changes: { positionId: { from: id, to: null } }, cause: `position ${name} removed` },
    })),
  );
}
