import { ClawpoolError, type MyProfile } from '@clawpool/contracts';
import { recordAudit } from '../audit/audit-store.ts';
import { findManagersOf } from '../governance/approvals/requests/approver-store.ts';
import type { Principal } from '../organization/principal.ts';
import { markAgents } from '../pool/agent-revision.ts';
import type { Database } from '../store/database.ts';
import { findNameOf, findProfile, saveAbout } from './profile-store.ts';

/** A person's own page. Error `not_found` for people who are no employees. */
export interface ProfileService {
  get(principal: Principal): Promise<MyProfile>;
  /** The agent has it with its next turn. Error: `conflict` with the newest in `details`. */
  saveAbout(
    principal: Principal,
    change: { about: string; expectedVersion: number },
  ): Promise<{ about: string; aboutVersion: number }>;
}

export function createProfileService({ db }: Database): ProfileService {
  return {
    get: async (principal) => {
      const { organizationId } = principal;
      const employeeId = employeeOf(principal);
      const found = await findProfile(db, organizationId, employeeId);
      if (!found) throw noEmployee();
      const { departmentId, ...profile } = found;
      const [manager] = await findManagersOf(db, organizationId, { employeeId, departmentId });
      return { ...profile, manager: await findNameOf(db, organizationId, manager?.employeeId ?? null) };
    },

    saveAbout: async (principal, { about, expectedVersion }) => {
      const { organizationId, userId, name } = principal;
      const employeeId = employeeOf(principal);
      return db.transaction(async (tx) => {
        const saved = await saveAbout(tx, organizationId, employeeId, { about: about.trim(), expectedVersion });
        if (!saved) {
          const newest = await findProfile(tx, organizationId, employeeId);
          if (!newest) throw noEmployee();
          throw new ClawpoolError(
            'conflict',
            'It was changed elsewhere meanwhile.',
            'Look at the newest, then save yours again or keep that one.',
            { details: { about: newest.about, aboutVersion: newest.aboutVersion } },
          );
        }
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: userId, name },
          action: 'profile.about_saved',
          target: { type: 'employee', id: employeeId, name },
          outcome: 'allowed',
          detail: { version: saved.aboutVersion, characters: saved.about.length },
        });
        await markAgents(tx, organizationId, { employeeIds: [employeeId] });
        return saved;
      });
    },
  };
}

function employeeOf({ employeeId }: Principal): string {
  if (employeeId === null) throw noEmployee();
  return employeeId;
}

const noEmployee = () =>
  new ClawpoolError('not_found', 'You have no agent of your own.', 'Ask an admin to add you as an employee.');
