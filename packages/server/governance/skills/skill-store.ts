import type { AgentSkill, Skill, SkillGroup } from '@clawpool/contracts';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { skillGroups, skills } from '../../store/schema/index.ts';
import { countTenantsWith } from './skill-use-store.ts';

/** A tenant's own skills and those of its groups, by name, each once. Names that no longer exist are left out. */
export async function effectiveSkills(
  db: Queryable,
  organizationId: string,
  names: readonly string[],
  groups: readonly string[],
): Promise<AgentSkill[]> {
  const ofGroups =
    groups.length === 0
      ? []
      : await db
          .select({ skills: skillGroups.skills })
          .from(skillGroups)
          .where(and(eq(skillGroups.organizationId, organizationId), inArray(skillGroups.name, [...groups])));
  const wanted = [...new Set([...names, ...ofGroups.flatMap((group) => group.skills)])];
  if (wanted.length === 0) return [];
  const rows = await db
    .select({ name: skills.name, content: skills.content })
    .from(skills)
    .where(and(eq(skills.organizationId, organizationId), inArray(skills.name, wanted)));
  // Not by the database's collation: an agent's files are the same bytes everywhere.
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export async function listSkills(db: Queryable, organizationId: string): Promise<Skill[]> {
  const rows = await selectSkills(db).where(eq(skills.organizationId, organizationId)).orderBy(asc(skills.name));
  return rows.map(toSkill);
}

export async function findSkill(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<(Skill & { content: string }) | null> {
  const [row] = await selectSkills(db).where(and(eq(skills.organizationId, organizationId), eq(skills.name, name)));
  return row ? { ...toSkill(row), content: row.content } : null;
}

/** A new version where the content changed. False: it is as it was. */
export async function saveSkill(
  tx: Transaction,
  skill: { organizationId: string; name: string; description: string; content: string; updatedBy: string },
): Promise<boolean> {
  const { description, content, updatedBy } = skill;
  const rows = await tx
    .insert(skills)
    .values(skill)
    .onConflictDoUpdate({
      target: [skills.organizationId, skills.name],
      set: { description, content, updatedBy, version: sql`${skills.version} + 1`, updatedAt: sql`now()` },
      setWhere: sql`${skills.content} <> excluded.content`,
    })
    .returning({ name: skills.name });
  return rows.length === 1;
}

export async function deleteSkill(tx: Transaction, organizationId: string, name: string): Promise<boolean> {
  const rows = await tx
    .delete(skills)
    .where(and(eq(skills.organizationId, organizationId), eq(skills.name, name)))
    .returning({ name: skills.name });
  return rows.length === 1;
}

export async function listSkillGroups(db: Queryable, organizationId: string): Promise<SkillGroup[]> {
  return db
    .select({ name: skillGroups.name, description: skillGroups.description, skills: skillGroups.skills })
    .from(skillGroups)
    .where(eq(skillGroups.organizationId, organizationId))
    .orderBy(asc(skillGroups.name));
}

export async function saveSkillGroup(tx: Transaction, organizationId: string, group: SkillGroup): Promise<void> {
  const { description, skills: members } = group;
  await tx
    .insert(skillGroups)
    .values({ organizationId, ...group })
    .onConflictDoUpdate({
      target: [skillGroups.organizationId, skillGroups.name],
      set: { description, skills: members },
    });
}

export async function deleteSkillGroup(tx: Transaction, organizationId: string, name: string): Promise<boolean> {
  const rows = await tx
    .delete(skillGroups)
    .where(and(eq(skillGroups.organizationId, organizationId), eq(skillGroups.name, name)))
    .returning({ name: skillGroups.name });
  return rows.length === 1;
}

/** Two changes of what skills there are, and of what names them, come one after the other. Any number nobody else locks. */
export async function lockSkills(tx: Transaction, organizationId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(20266, hashtext(${organizationId}))`);
}

function selectSkills(db: Queryable) {
  return db
    .select({
      name: skills.name,
      description: skills.description,
      content: skills.content,
      version: skills.version,
      bytes: sql<number>`octet_length(${skills.content})`,
      tenants: countTenantsWith(sql`${skills.organizationId}`, sql`${skills.name}`),
      updatedAt: skills.updatedAt,
      updatedBy: skills.updatedBy,
    })
    .from(skills)
    .$dynamic();
}

const toSkill = ({ content: _, updatedAt, ...row }: Awaited<ReturnType<typeof selectSkills>>[number]): Skill => ({
  ...row,
  updatedAt: updatedAt.toISOString(),
});
