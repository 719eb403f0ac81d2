import { type SQL, sql } from 'drizzle-orm';
import type { Queryable } from '../../store/database.ts';

/** Names of what names a skill, or a group of skills. */
export interface Use {
  tenants: string[];
  groups: string[];
  templates: string[];
  positions: string[];
}

export async function usesOfSkill(db: Queryable, organizationId: string, name: string): Promise<Use> {
  const { rows } = await db.execute<NamedUse>(sql`
    select 'tenants' as kind, t.name from tenants t
    where t.organization_id = ${organizationId} and t.state <> 'deleted' and (t.skills ? ${name} or ${isGranted(sql`${name}`)})
    union all
    select 'groups', name from skill_groups where organization_id = ${organizationId} and skills ? ${name}
    union all
    select 'templates', name from ${newestTemplates(organizationId)} where content -> 'skills' ? ${name}
    union all
    select 'positions', name from positions where organization_id = ${organizationId} and skills ? ${name}
    order by 1, 2`);
  return toUse(rows);
}

export async function usesOfGroup(db: Queryable, organizationId: string, name: string): Promise<Use> {
  const { rows } = await db.execute<NamedUse>(sql`
    select 'tenants' as kind, name from tenants
    where organization_id = ${organizationId} and state <> 'deleted' and skill_groups ? ${name}
    union all
    select 'templates', name from ${newestTemplates(organizationId)} where content -> 'skillGroups' ? ${name}
    order by 1, 2`);
  return toUse(rows);
}

/** Ids of the tenants that have a skill: themselves, by a grant, their template or position, or by a group that one of tenant and template names. */
export async function tenantsWithSkill(db: Queryable, organizationId: string, name: string): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select t.id from ${tenantsWithTemplates} where t.organization_id = ${organizationId} and ${hasSkill(sql`${name}`)}`);
  return rows.map(({ id }) => id);
}

/** Ids of the tenants that have a group of skills: themselves or by their template. */
export async function tenantsWithGroup(db: Queryable, organizationId: string, name: string): Promise<string[]> {
  const { rows } = await db.execute<{ id: string }>(sql`
    select t.id from ${tenantsWithTemplates} where t.organization_id = ${organizationId} and ${hasGroup(sql`${name}`)}`);
  return rows.map(({ id }) => id);
}

/** How many tenants have the skill of the query around it. */
export const countTenantsWith = (organizationId: SQL, skill: SQL): SQL<number> => sql<number>`(
  select count(*)::int from ${tenantsWithTemplates} where t.organization_id = ${organizationId} and ${hasSkill(skill)})`;

interface NamedUse extends Record<string, unknown> {
  kind: keyof Use;
  name: string;
}

/** Living tenants, `t`, each with the newest content of its template, `template`. */
const tenantsWithTemplates = sql`(select * from tenants where state <> 'deleted') t
  left join lateral (
    select v.content from config_templates v
    where v.organization_id = t.organization_id and v.name = t.config_template
    order by v.version desc limit 1) template on true
  left join employees owner on owner.organization_id = t.organization_id and owner.id = t.employee_id
  left join positions position on position.organization_id = owner.organization_id and position.id = owner.position_id`;

const hasGroup = (group: SQL): SQL =>
  sql`(t.skill_groups ? ${group} or coalesce(template.content -> 'skillGroups' ? ${group}, false))`;

const hasSkill = (
  skill: SQL,
): SQL => sql`(t.skills ? ${skill} or coalesce(template.content -> 'skills' ? ${skill}, false)
  or coalesce(position.skills ? ${skill}, false) or ${isGranted(skill)}
  or exists (select from skill_groups g
    where g.organization_id = t.organization_id and g.skills ? ${skill} and ${hasGroup(sql`g.name`)}))`;

const isGranted = (skill: SQL): SQL => sql`exists (select from grants granted
  where granted.organization_id = t.organization_id and granted.tenant_id = t.id and granted.kind = 'skill'
    and granted.resource = ${skill} and granted.ended_at is null)`;

const newestTemplates = (organizationId: string) => sql`(
  select distinct on (name) name, content from config_templates
  where organization_id = ${organizationId} order by name, version desc) newest`;

function toUse(rows: readonly NamedUse[]): Use {
  const of = (kind: keyof Use) => rows.filter((row) => row.kind === kind).map(({ name }) => name);
  return { tenants: of('tenants'), groups: of('groups'), templates: of('templates'), positions: of('positions') };
}
