import type { Position, Removal } from '@clawpool/contracts';
import { and, asc, eq, sql } from 'drizzle-orm';
import { countWords } from '../../governance/layers/layer.ts';
import { findLayer } from '../../governance/layers/layer-store.ts';
import type { Queryable } from '../../store/database.ts';
import { directoryMappings, employees, identityProviders, positions } from '../../store/schema/index.ts';
import { allowedTools } from '../position.ts';
import { emptyRemoval, namesOf, providersNaming } from '../removal.ts';

/** By name. `departmentIds` null: of all departments. */
export async function listPositions(
  db: Queryable,
  organizationId: string,
  departmentIds: readonly string[] | null,
  positionId?: string,
): Promise<Position[]> {
  const { rows } = await db.execute<PositionRow>(sql`
    select p.id, p.name, p.department_id, d.name as department, p.tier_id, r.name as tier, p.tools, p.skills, p.contact_for,
      coalesce(e.people, 0) as people, coalesce(e.agents, 0) as agents,
      coalesce(array_length(regexp_split_to_array(nullif(btrim(l.content, E' \\n\\r\\t'), ''), '\\s+'), 1), 0) as layer_words
    from positions p
    join departments d on d.organization_id = p.organization_id and d.id = p.department_id
    join tiers r on r.organization_id = p.organization_id and r.id = p.tier_id
    left join (
      select e.position_id, count(*)::int as people, count(t.id)::int as agents from employees e
      left join tenants t on t.organization_id = e.organization_id and t.employee_id = e.id and t.state not in ('deleting', 'deleted')
      where e.organization_id = ${organizationId} group by 1) e on e.position_id = p.id
    left join layers l on l.organization_id = p.organization_id and l.scope = 'position' and l.owner_id = p.id
    where p.organization_id = ${organizationId}
      ${departmentIds === null ? sql`` : sql`and p.department_id = any(${sql.param([...departmentIds])}::text[])`}
      ${positionId === undefined ? sql`` : sql`and p.id = ${positionId}`}
    order by p.name, p.id`);
  return rows.map((row) => ({
    ...{ id: row.id, name: row.name, department: row.department, tier: row.tier, skills: row.skills },
    ...{ departmentId: row.department_id, tierId: row.tier_id, contactFor: row.contact_for },
    tools: allowedTools(row.tools, row.tools),
    ...{ employees: row.people, agents: row.agents, layerWords: row.layer_words },
  }));
}

interface PositionRow extends Record<string, unknown> {
  id: string;
  name: string;
  department_id: string;
  department: string;
  tier_id: string;
  tier: string;
  tools: string[];
  skills: string[];
  contact_for: string[];
  people: number;
  agents: number;
  layer_words: number;
}

/** Null: there is none in the organization. */
export async function findPosition(
  db: Queryable,
  organizationId: string,
  id: string,
): Promise<typeof positions.$inferSelect | null> {
  const [row] = await db
    .select()
    .from(positions)
    .where(and(eq(positions.organizationId, organizationId), eq(positions.id, id)));
  return row ?? null;
}

/** A position of this name, in any case. */
export async function findPositionNamed(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<{ id: string } | null> {
  const [row] = await db
    .select({ id: positions.id })
    .from(positions)
    .where(and(eq(positions.organizationId, organizationId), sql`lower(${positions.name}) = lower(${name})`))
    .limit(1);
  return row ?? null;
}

/** Who has a position, and what goes with it. Its people keep their agents. */
export async function positionRemoval(db: Queryable, organizationId: string, positionId: string): Promise<Removal> {
  const people = await db
    .select({ name: employees.name })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.positionId, positionId)))
    .orderBy(asc(employees.name));
  const { rows } = await db.execute<{ rules: number; audit_events: number }>(sql`
    select (select count(*)::int from routing_rules
        where organization_id = ${organizationId} and scope = 'position' and owner_id = ${positionId}) as rules,
      (select count(*)::int from audit_events
        where organization_id = ${organizationId} and target_id = ${positionId} and target_type = 'position') as audit_events`);
  const layer = await findLayer(db, organizationId, { scope: 'position', ownerId: positionId });
  const mapped = await db
    .select({ name: directoryMappings.name })
    .from(directoryMappings)
    .where(and(eq(directoryMappings.organizationId, organizationId), eq(directoryMappings.positionId, positionId)))
    .orderBy(asc(directoryMappings.name));
  return {
    ...emptyRemoval,
    employees: namesOf(people),
    providers: namesOf(await providersNaming(db, organizationId, eq(identityProviders.positionId, positionId))),
    mappings: namesOf(mapped),
    layerWords: countWords(layer?.content ?? ''),
    rules: rows[0]?.rules ?? 0,
    kept: { conversations: 0, auditEvents: rows[0]?.audit_events ?? 0 },
  };
}
