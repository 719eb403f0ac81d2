import { ClawpoolError, type ConfigTemplate, type ConfigTemplateContent } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { findTier } from '../../organization/tier-choice.ts';
import type { Drizzle, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { markAgents } from '../agent-revision.ts';
import { refuseGrowthOfTemplate } from '../quotas/quota-check.ts';
import { lockQuotas } from '../quotas/quota-store.ts';
import { refuseUnknownSkills } from '../tenant-skills.ts';
import { defaultTemplate } from './template.ts';
import {
  countTenantsOf,
  deleteVersions,
  findTemplate,
  insertVersion,
  listTemplates,
  listVersions,
} from './template-store.ts';

/** Defaults for tenants, in immutable versions; tenants follow the newest with their next start. */
export interface TemplateService {
  list(organizationId: string): Promise<ConfigTemplate[]>;
  get(organizationId: string, name: string): Promise<{ template: ConfigTemplate; versions: ConfigTemplate[] }>;
  /**
   * Makes it, or its next version. Errors: `conflict` when there is a newer one than `version`, and for the built-in one;
   * `quota_exceeded` when its tenants would have more than they may.
   */
  put(
    principal: Principal,
    name: string,
    change: { content: ConfigTemplateContent; version?: number | undefined },
  ): Promise<ConfigTemplate>;
  /** Errors: `conflict` while a tenant uses it. */
  remove(principal: Principal, name: string): Promise<void>;
}

export function createTemplateService(db: Drizzle): TemplateService {
  return {
    list: (organizationId) => listTemplates(db, organizationId),
    get: async (organizationId, name) => {
      const versions = await listVersions(db, organizationId, name);
      const [template] = versions;
      if (!template) throw noSuchTemplate(name);
      return { template, versions };
    },
    put: (principal, name, { content, version }) =>
      transact(db, async (tx) => {
        // Tenants first, as whoever wakes one locks; and the quotas before the templates, as whoever makes one does.
        await tx.execute(sql`select from tenants where organization_id = ${principal.organizationId}
          and config_template = ${name} and state <> 'deleted' order by id for no key update`);
        await lockQuotas(tx, principal.organizationId);
        await lockTemplates(tx, principal.organizationId);
        refuseBuiltIn(name);
        if (content.tier !== undefined) await findTier(tx, principal.organizationId, content.tier);
        await refuseUnknownSkills(tx, principal.organizationId, content);
        const before = await findTemplate(tx, principal.organizationId, name);
        if (version !== undefined && version !== (before?.version ?? 0)) throw changedMeanwhile(name, before);
        if (before) {
          const change = { name, before: before.content, after: content };
          await refuseGrowthOfTemplate(tx, principal.organizationId, change);
        }
        const next = (before?.version ?? 0) + 1;
        const row = {
          organizationId: principal.organizationId,
          name,
          version: next,
          content,
          createdBy: principal.name,
        };
        if (!(await insertVersion(tx, row))) throw changedMeanwhile(name, before);
        await markAgents(tx, principal.organizationId, { templates: [name] });
        await audit(tx, principal, before ? 'template.changed' : 'template.created', name, { version: next });
        const made = await findTemplate(tx, principal.organizationId, name);
        if (!made) throw new Error('the version that was just made is gone');
        return made;
      }),
    remove: (principal, name) =>
      db.transaction(async (tx) => {
        await lockTemplates(tx, principal.organizationId);
        refuseBuiltIn(name);
        const found = await findTemplate(tx, principal.organizationId, name);
        if (!found) throw noSuchTemplate(name);
        const used = await countTenantsOf(tx, principal.organizationId, name);
        if (used > 0) {
          throw new ClawpoolError(
            'conflict',
            `${used} ${used === 1 ? 'tenant uses' : 'tenants use'} the template “${name}”.`,
            'Rebuild them with another template, or delete them, first.',
          );
        }
        await deleteVersions(tx, principal.organizationId, name);
        await audit(tx, principal, 'template.deleted', name, { version: found.version });
      }),
  };
}

/** Whoever makes a tenant of a template, and whoever removes the template, hold this until the commit. */
async function lockTemplates(tx: Transaction, organizationId: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(20263, hashtext(${organizationId}))`);
}

/** Error `not_found`. A tenant without a template has null; so has one with the built-in template. */
export async function chooseTemplate(
  tx: Transaction,
  organizationId: string,
  name: string | null | undefined,
): Promise<ConfigTemplate | null> {
  if (name === undefined || name === null || name === defaultTemplate) return null;
  await lockTemplates(tx, organizationId);
  const found = await findTemplate(tx, organizationId, name);
  if (!found) throw noSuchTemplate(name);
  return found;
}

function refuseBuiltIn(name: string): void {
  if (name !== defaultTemplate) return;
  throw new ClawpoolError(
    'conflict',
    'The template “default” comes with Clawpool and stays as it is.',
    'Make one with another name.',
  );
}

const noSuchTemplate = (name: string) =>
  new ClawpoolError('not_found', `There is no configuration template “${name}”.`, 'Config templates lists them.');

const changedMeanwhile = (name: string, now: ConfigTemplate | null) =>
  new ClawpoolError(
    'conflict',
    now ? `The template “${name}” is at version ${now.version} by now.` : `The template “${name}” is gone.`,
    'Load it again, then repeat your change.',
  );

const audit = (
  tx: Transaction,
  { organizationId, userId, name: person }: Principal,
  action: string,
  name: string,
  detail: Record<string, unknown>,
) =>
  recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name: person },
    action,
    target: { type: 'template', id: name, name },
    outcome: 'allowed',
    detail,
  });
