import { and, eq, isNotNull } from 'drizzle-orm';
import { endPermanentGrantsOf } from '../../governance/approvals/grants/end-access.ts';
import { findLayer, lockLayer } from '../../governance/layers/layer-store.ts';
import type { Transaction } from '../../store/database.ts';
import {
  agentSettings,
  directoryMappings,
  employees,
  identityProviders,
  layerProposals,
  layers,
  layerVersions,
  routingRules,
} from '../../store/schema/index.ts';
import { recordAll } from '../people/people-store.ts';
import type { AuditActor } from '../people/person.ts';
import { followTiers, tiersBefore } from '../people/provisioning.ts';

/** Characters of a layer that the trail keeps. */
const keptLayer = 8_000;

/**
 * Its people have no position any more; its layer, settings and rule go. Another position with the same id begins with nothing. What directories
 * made of it, and identity providers gave, is nothing any more; a group's role stays. Returns what the trail keeps of what went.
 */
export async function leavePosition(
  tx: Transaction,
  organizationId: string,
  actor: AuditActor,
  { id, name }: { id: string; name: string },
): Promise<Record<string, unknown>> {
  const decidedBefore = await tiersBefore(tx, organizationId, { positionId: id });
  // Before the agents of its people, as whoever writes a layer locks.
  const key = { scope: 'position', ownerId: id } as const;
  await lockLayer(tx, organizationId, key);
  const layer = await findLayer(tx, organizationId, key);
  const deleted = new Map<string, number>();
  for (const [what, table] of Object.entries({ proposals: layerProposals, versions: layerVersions, layers })) {
    const rows = await tx
      .delete(table)
      .where(and(eq(table.organizationId, organizationId), eq(table.scope, 'position'), eq(table.ownerId, id)))
      .returning({ ownerId: table.ownerId });
    deleted.set(what, rows.length);
  }
  const left = await tx
    .update(employees)
    .set({ positionId: null })
    .where(and(eq(employees.organizationId, organizationId), eq(employees.positionId, id)))
    .returning({ id: employees.id, name: employees.name });
  await endPermanentGrantsOf(
    tx,
    organizationId,
    actor,
    left.map((person) => person.id),
  );
  await tx
    .delete(routingRules)
    .where(
      and(
        eq(routingRules.organizationId, organizationId),
        eq(routingRules.scope, 'position'),
        eq(routingRules.ownerId, id),
      ),
    );
  await tx
    .update(identityProviders)
    .set({ positionId: null, updatedAt: new Date() })
    .where(and(eq(identityProviders.organizationId, organizationId), eq(identityProviders.positionId, id)));
  // Those that say nothing else go with the position.
  await tx
    .update(directoryMappings)
    .set({ positionId: null })
    .where(
      and(
        eq(directoryMappings.organizationId, organizationId),
        eq(directoryMappings.positionId, id),
        isNotNull(directoryMappings.role),
      ),
    );
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
  const content = layer?.content ?? '';
  return {
    ...(content === '' ? {} : { layer: content.slice(0, keptLayer).toWellFormed(), layerCharacters: content.length }),
    ...{ layerVersions: deleted.get('versions'), layerProposals: deleted.get('proposals') },
  };
}
