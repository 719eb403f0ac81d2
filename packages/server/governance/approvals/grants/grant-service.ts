import { ClawpoolError, type Grant } from '@clawpool/contracts';
import { scopeOf } from '../../../organization/department-store.ts';
import type { Principal } from '../../../organization/principal.ts';
import type { Database } from '../../../store/database.ts';
import { mayTakeBack } from '../requests/access-request.ts';
import { createDeciders } from '../requests/approver-store.ts';
import { endWithNews } from './end-grant.ts';
import { findGrant, listGrants, toGrant } from './grant-store.ts';

/** What was granted, and taking it back. */
export interface GrantService {
  /** In the principal's scope: what holds first. */
  list(principal: Principal, query: { holding: boolean }): Promise<Grant[]>;
  /**
   * At once: the agent's next model call is without it. For admins, and for managers below whom it is. Errors: `not_found`, `conflict` for one that has
   * ended.
   */
  revoke(principal: Principal, grantId: string): Promise<Grant>;
}

export function createGrantService(
  { db }: Database,
  { now = () => new Date() }: { now?: () => Date } = {},
): GrantService {
  return {
    list: async (principal, { holding }) => {
      const departmentIds = await scopeOf(db, principal);
      const records = await listGrants(db, principal.organizationId, { departmentIds, holding });
      const deciderFor = await createDeciders(db, principal);
      return records.map((record) => toGrant(record, deciderFor(record.departmentId)));
    },

    revoke: async (principal, grantId) => {
      const found = await findGrant(db, principal.organizationId, grantId);
      const decider = found && (await createDeciders(db, principal))(found.departmentId);
      if (!found || !decider || !mayTakeBack(decider)) {
        throw new ClawpoolError('not_found', 'There is no such grant.', 'Approvals lists those that you see.');
      }
      const { userId, name } = principal;
      const actor = { type: 'person' as const, id: userId, name };
      const ended = await db.transaction((tx) =>
        endWithNews(tx, found.grant, { at: now(), because: 'revoked', by: name, actor }),
      );
      if (ended) return toGrant({ ...found, grant: ended }, decider);
      throw new ClawpoolError('conflict', 'This grant has ended already.', 'Look at it again.');
    },
  };
}
