import { ClawpoolError, type NewAuditEvent, type Skill, type SkillGroup } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import { refuseUnknownSkills } from '../../pool/tenant-skills.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { parseSkill } from './skill.ts';
import {
  deleteSkill,
  deleteSkillGroup,
  findSkill,
  listSkillGroups,
  listSkills,
  lockSkills,
  saveSkill,
  saveSkillGroup,
} from './skill-store.ts';
import { tenantsWithGroup, tenantsWithSkill, type Use, usesOfGroup, usesOfSkill } from './skill-use-store.ts';

/** The organization's skills. Errors are ClawpoolErrors: `not_found`, `invalid_request`, `conflict` for what is still named. */
export interface SkillService {
  list(principal: Principal): Promise<{ skills: Skill[]; groups: SkillGroup[] }>;
  get(principal: Principal, name: string): Promise<Skill & { content: string }>;
  put(principal: Principal, name: string, content: string): Promise<Skill>;
  remove(principal: Principal, name: string): Promise<void>;
  putGroup(principal: Principal, group: SkillGroup): Promise<SkillGroup>;
  removeGroup(principal: Principal, name: string): Promise<void>;
}

/** Whoever has a skill has its newest text with the next turn. */
export function createSkillService({ db }: Database): SkillService {
  async function get({ organizationId }: Principal, name: string): Promise<Skill & { content: string }> {
    const skill = await findSkill(db, organizationId, name);
    if (!skill) throw notFound('skill', name);
    return skill;
  }

  return {
    list: async ({ organizationId }) => ({
      skills: await listSkills(db, organizationId),
      groups: await listSkillGroups(db, organizationId),
    }),

    get,

    put: async (principal, name, content) => {
      const { organizationId } = principal;
      const { description } = parseSkill(name, content);
      await db.transaction(async (tx) => {
        const saved = await saveSkill(tx, { organizationId, name, description, content, updatedBy: principal.name });
        if (!saved) return;
        await audit(tx, principal, 'skill.saved', { type: 'skill', name }, { bytes: Buffer.byteLength(content) });
        await markAgents(tx, organizationId, { tenantIds: await tenantsWithSkill(tx, organizationId, name) });
      });
      const { content: _, ...skill } = await get(principal, name);
      return skill;
    },

    remove: async (principal, name) => {
      const { organizationId } = principal;
      await db.transaction(async (tx) => {
        await lockSkills(tx, organizationId);
        refuseWhileUsed('skill', name, await usesOfSkill(tx, organizationId, name));
        if (!(await deleteSkill(tx, organizationId, name))) throw notFound('skill', name);
        await audit(tx, principal, 'skill.deleted', { type: 'skill', name });
      });
    },

    putGroup: async (principal, group) => {
      const { organizationId } = principal;
      const saved = { ...group, skills: [...new Set(group.skills)].sort() };
      await db.transaction(async (tx) => {
        await lockSkills(tx, organizationId);
        await refuseUnknownSkills(tx, organizationId, { skills: saved.skills });
        await saveSkillGroup(tx, organizationId, saved);
        const target = { type: 'skill-group', name: group.name };
        await audit(tx, principal, 'skill_group.saved', target, { skills: saved.skills });
        await markAgents(tx, organizationId, { tenantIds: await tenantsWithGroup(tx, organizationId, group.name) });
      });
      return saved;
    },

    removeGroup: async (principal, name) => {
      const { organizationId } = principal;
      await db.transaction(async (tx) => {
        await lockSkills(tx, organizationId);
        refuseWhileUsed('skill group', name, await usesOfGroup(tx, organizationId, name));
        if (!(await deleteSkillGroup(tx, organizationId, name))) throw notFound('skill group', name);
        await audit(tx, principal, 'skill_group.deleted', { type: 'skill-group', name });
      });
    },
  };
}

const notFound = (what: string, name: string) =>
  new ClawpoolError('not_found', `There is no ${what} “${name}”.`, 'Skills lists what there is.');

function refuseWhileUsed(what: string, name: string, { tenants, groups, templates, positions }: Use): void {
  const users = [
    named('tenant', tenants),
    named('skill group', groups),
    named('template', templates),
    named('position', positions),
  ].filter((text) => text !== '');
  if (users.length === 0) return;
  throw new ClawpoolError(
    'conflict',
    `The ${what} “${name}” is still named by ${users.join(' and ')}.`,
    'Take it from them first.',
  );
}

/** `tenant agent-ann`, `tenants agent-ann, agent-ben and 7 more`. */
function named(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, 2).join(', ');
  const more = names.length > 2 ? ` and ${names.length - 2} more` : '';
  return `${what}${names.length === 1 ? '' : 's'} ${shown}${more}`;
}

async function audit(
  tx: Transaction,
  { organizationId, userId, name }: Principal,
  action: string,
  target: { type: string; name: string },
  detail: NewAuditEvent['detail'] = {},
): Promise<void> {
  await recordAudit(tx, organizationId, {
    actor: { type: 'person', id: userId, name },
    action,
    target: { ...target, id: target.name },
    outcome: 'allowed',
    detail,
  });
}
