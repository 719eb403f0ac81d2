import type { ConfigTemplate, ConfigTemplateContent } from '@clawpool/contracts';
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Queryable, Transaction } from '../../store/database.ts';
import { configTemplates, tenants } from '../../store/schema/index.ts';
import { defaultContent, defaultTemplate } from './template.ts';

/** The newest version of one; null: there is none of that name. */
export async function findTemplate(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<ConfigTemplate | null> {
  return (await listVersions(db, organizationId, name))[0] ?? null;
}

/** What the newest version says; null: there is none of that name. */
export async function findTemplateContent(
  db: Queryable,
  organizationId: string,
  name: string,
): Promise<ConfigTemplateContent | null> {
  const [row] = await db
    .select({ content: configTemplates.content })
    .from(configTemplates)
    .where(and(eq(configTemplates.organizationId, organizationId), eq(configTemplates.name, name)))
    .orderBy(desc(configTemplates.version))
    .limit(1);
  return row?.content ?? null;
}

/** Newest first. */
export async function listVersions(db: Queryable, organizationId: string, name: string): Promise<ConfigTemplate[]> {
  if (name === defaultTemplate) return [builtIn(await countTenantsOf(db, organizationId, null))];
  const rows = await db
    .select()
    .from(configTemplates)
    .where(and(eq(configTemplates.organizationId, organizationId), eq(configTemplates.name, name)))
    .orderBy(desc(configTemplates.version));
  const used = await countTenantsOf(db, organizationId, name);
  return rows.map((row) => toTemplate(row, used));
}

/** The newest version of each, by name; `default` among them. */
export async function listTemplates(db: Queryable, organizationId: string): Promise<ConfigTemplate[]> {
  const rows = await db
    .selectDistinctOn([configTemplates.name])
    .from(configTemplates)
    .where(eq(configTemplates.organizationId, organizationId))
    .orderBy(configTemplates.name, desc(configTemplates.version));
  const uses = await db
    .select({ name: tenants.configTemplate, count: sql<number>`count(*)::int` })
    .from(tenants)
    .where(and(eq(tenants.organizationId, organizationId), sql`${tenants.state} <> 'deleted'`))
    .groupBy(tenants.configTemplate);
  const used = (name: string | null) => uses.find((use) => use.name === name)?.count ?? 0;
  return [builtIn(used(null)), ...rows.map((row) => toTemplate(row, used(row.name)))].sort((a, b) =>
    a.name.localeCompare(b.name),
  );
}

/** False: somebody else made that version meanwhile. */
export async function insertVersion(
  tx: Transaction,
  row: { organizationId: string; name: string; version: number; content: ConfigTemplateContent; createdBy: string },
): Promise<boolean> {
  const inserted = await tx
    .insert(configTemplates)
    .values(row)
    .onConflictDoNothing()
    .returning({ version: configTemplates.version });
  return inserted.length === 1;
}

export async function deleteVersions(tx: Transaction, organizationId: string, name: string): Promise<void> {
  await tx
    .delete(configTemplates)
    .where(and(eq(configTemplates.organizationId, organizationId), eq(configTemplates.name, name)));
}

/** A tenant without a template has the default one. */
export async function countTenantsOf(db: Queryable, organizationId: string, name: string | null): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(tenants)
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        name === null ? sql`${tenants.configTemplate} is null` : eq(tenants.configTemplate, name),
        sql`${tenants.state} <> 'deleted'`,
      ),
    );
  return row?.count ?? 0;
}

const toTemplate = (row: typeof configTemplates.$inferSelect, used: number): ConfigTemplate => ({
  name: row.name,
  version: row.version,
  content: row.content,
  readOnly: false,
  tenants: used,
  updatedAt: row.createdAt.toISOString(),
  updatedBy: row.createdBy,
});

const builtIn = (used: number): ConfigTemplate => ({
  name: defaultTemplate,
  version: 1,
  content: defaultContent,
  readOnly: true,
  tenants: used,
  updatedAt: new Date(0).toISOString(),
  updatedBy: 'Clawpool',
});
