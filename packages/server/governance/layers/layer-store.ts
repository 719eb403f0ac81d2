import type { AgentDefinition, LayerChangeCause, LayerScope } from '@clawpool/contracts';
import { and, eq, inArray, or, sql } from 'drizzle-orm';
import { systemActor } from '../../organization/installation.ts';
import { affectedTenants } from '../../pool/agent-revision.ts';
import type { Queryable, Transaction } from '../../store/database.ts';
import { employees, layerProposals, layers, organizations, positions } from '../../store/schema/index.ts';
import { agentsOf, type LayerKey, type LayerOwner } from './layer.ts';
import { hasCanary } from './proposal.ts';
import { insertVersion } from './version-store.ts';

export interface StoredLayer {
  content: string;
  version: number;
  updatedAt: Date;
  updatedBy: string;
}

/**
 * The three SOUL sources of an agent; a layer nobody wrote, and one of nobody's, is empty. A change that is tried by some is in the layers
 * of those.
 */
export async function findLayers(
  db: Queryable,
  organizationId: string,
  {
    tenantId,
    positionId,
    employeeId,
  }: { tenantId: string | null; positionId: string | null; employeeId: string | null },
): Promise<AgentDefinition['layers']> {
  const mine = (table: typeof layers | typeof layerProposals) =>
    and(
      eq(table.organizationId, organizationId),
      or(
        eq(table.scope, 'global'),
        positionId === null ? undefined : and(eq(table.scope, 'position'), eq(table.ownerId, positionId)),
        employeeId === null ? undefined : and(eq(table.scope, 'personal'), eq(table.ownerId, employeeId)),
      ),
    );
  const [saved, tried] = await Promise.all([
    db.select({ scope: layers.scope, content: layers.content }).from(layers).where(mine(layers)),
    db
      .select({
        scope: layerProposals.scope,
        content: layerProposals.content,
        id: layerProposals.id,
        canaryUpTo: layerProposals.canaryUpTo,
      })
      .from(layerProposals)
      .where(and(mine(layerProposals), eq(layerProposals.state, 'canary'))),
  ]);
  const here = tried.filter((proposal) => tenantId !== null && hasCanary(tenantId, proposal));
  const of = (scope: LayerScope) => [...here, ...saved].find((row) => row.scope === scope)?.content ?? '';
  return { global: of('global'), position: of('position'), personal: of('personal') };
}

/** Whoever changes a layer, or decides about a proposal for it, holds this until the commit. */
export async function lockLayer(tx: Transaction, organizationId: string, { scope, ownerId }: LayerKey): Promise<void> {
  const key = JSON.stringify(['layer', organizationId, scope, ownerId]);
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${key}, 4))`);
}

/** Null: nothing has been written yet. */
export async function findLayer(db: Queryable, organizationId: string, key: LayerKey): Promise<StoredLayer | null> {
  const [row] = await db
    .select({
      content: layers.content,
      version: layers.version,
      updatedAt: layers.updatedAt,
      updatedBy: layers.updatedBy,
    })
    .from(layers)
    .where(isLayer(organizationId, key));
  return row ?? null;
}

/** The layer's next version, in its history too. The caller holds its lock. Returns the version. */
export async function writeLayer(
  tx: Transaction,
  organizationId: string,
  key: LayerKey,
  { content, author, ...change }: { content: string; cause: LayerChangeCause; note: string; author: string },
): Promise<number> {
  const [written] = await tx
    .insert(layers)
    .values({ organizationId, ...key, content, updatedBy: author })
    .onConflictDoUpdate({
      target: [layers.organizationId, layers.scope, layers.ownerId],
      set: { content, version: sql`${layers.version} + 1`, updatedAt: sql`now()`, updatedBy: author },
    })
    .returning({ version: layers.version });
  if (!written) throw new Error('a layer that was written has a version');
  await insertVersion(tx, organizationId, key, { ...written, content, author, ...change });
  return written.version;
}

/** The first versions of layers that nobody wrote in a console: a sample's. */
export async function insertLayers(
  tx: Transaction,
  organizationId: string,
  written: readonly (LayerKey & { content: string })[],
): Promise<void> {
  for (const { content, ...key } of written) {
    await writeLayer(tx, organizationId, key, { content, cause: 'first', note: '', author: systemActor.name });
  }
}

/** Null: there is no such position or person, or it is another organization's. */
export async function findOwner(
  db: Queryable,
  organizationId: string,
  { scope, ownerId }: LayerKey,
): Promise<LayerOwner | null> {
  if (scope === 'global') {
    const [row] = await db
      .select({ name: organizations.name })
      .from(organizations)
      .where(eq(organizations.id, organizationId));
    return row ? { ...row, departmentId: null } : null;
  }
  const table = scope === 'position' ? positions : employees;
  const [row] = await db
    .select({ name: table.name, departmentId: table.departmentId })
    .from(table)
    .where(and(eq(table.organizationId, organizationId), eq(table.id, ownerId)));
  return row ?? null;
}

/** How many agents have the layer in their files. */
export async function countAffected(db: Queryable, organizationId: string, key: LayerKey): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from tenants t
    where t.organization_id = ${organizationId} and t.state <> 'deleted' and ${affectedTenants(organizationId, agentsOf(key))}`);
  return rows[0]?.count ?? 0;
}

/** Which ones, by id. */
export async function listAffected(db: Queryable, organizationId: string, key: LayerKey): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select t.id from tenants t
    where t.organization_id = ${organizationId} and t.state <> 'deleted' and ${affectedTenants(organizationId, agentsOf(key))}
    order by t.id`);
  return rows.map(({ id }) => id);
}

/** A layer of the organization, written or not, with what the list shows. */
export interface ListedLayer extends Record<string, unknown> {
  scope: LayerScope;
  owner_id: string;
  name: string;
  department_id: string | null;
  content: string | null;
  version: number | null;
  updated_at: string | null;
  updated_by: string | null;
  affected: number;
  open_proposals: number;
}

/** The global layer, then positions and people by name, those of these departments (null: of all), in one query. */
export async function listLayers(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
): Promise<ListedLayer[]> {
  const inScope =
    departmentIds === null ? sql`true` : sql`o.department_id = any(${sql.param([...departmentIds])}::text[])`;
  const { rows } = await db.execute<ListedLayer>(sql`
    with agents as (
      select coalesce(t.employee_id, w.employee_id) as employee_id, count(*)::int as agents
      from tenants t left join twins w on w.organization_id = t.organization_id and w.tenant_id = t.id
      where t.organization_id = ${organizationId} and t.state <> 'deleted' group by 1
    ), people as (
      select e.id, e.name, e.department_id, e.position_id, coalesce(a.agents, 0) as agents
      from employees e left join agents a on a.employee_id = e.id where e.organization_id = ${organizationId}
    ), owners as (
      select 'global' as scope, '' as id, name, null as department_id,
        (select coalesce(sum(agents), 0)::int from agents) as affected, 0 as place
      from organizations where id = ${organizationId}
      union all
      select 'position', p.id, p.name, p.department_id,
        (select coalesce(sum(e.agents), 0)::int from people e where e.position_id = p.id), 1
      from positions p where p.organization_id = ${organizationId}
      union all
      select 'personal', id, name, department_id, agents, 2 from people
    )
    select o.scope, o.id as owner_id, o.name, o.department_id, l.content, l.version, l.updated_at, l.updated_by, o.affected,
      (select count(*)::int from layer_proposals c where c.organization_id = ${organizationId} and c.scope = o.scope
        and c.owner_id = o.id and c.state in ('draft', 'in_review', 'approved', 'canary')) as open_proposals
    from owners o
    left join layers l on l.organization_id = ${organizationId} and l.scope = o.scope and l.owner_id = o.id
    where o.scope = 'global' or ${inScope}
    order by o.place, o.name, o.id`);
  return rows;
}

/** How many proposals for the layer have not ended. */
export const countOpenProposals = (db: Queryable, organizationId: string, { scope, ownerId }: LayerKey) =>
  db.$count(
    layerProposals,
    and(
      eq(layerProposals.organizationId, organizationId),
      eq(layerProposals.scope, scope),
      eq(layerProposals.ownerId, ownerId),
      inArray(layerProposals.state, ['draft', 'in_review', 'approved', 'canary']),
    ),
  );

/** Whether the global layer and those of positions change by proposals that somebody else approves. */
export async function isReviewRequired(db: Queryable, organizationId: string): Promise<boolean> {
  const [row] = await db
    .select({ required: organizations.layerReview })
    .from(organizations)
    .where(eq(organizations.id, organizationId));
  return row?.required ?? false;
}

export async function setReviewRequired(tx: Transaction, organizationId: string, required: boolean): Promise<void> {
  await tx.update(organizations).set({ layerReview: required }).where(eq(organizations.id, organizationId));
}

const isLayer = (organizationId: string, { scope, ownerId }: LayerKey) =>
  and(eq(layers.organizationId, organizationId), eq(layers.scope, scope), eq(layers.ownerId, ownerId));
