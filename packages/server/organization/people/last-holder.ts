import { ClawpoolError, type Permission, type Role } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import type { Transaction } from '../../store/database.ts';
import { localOperator } from '../installation.ts';

interface Access {
  roles: readonly Role[];
  permissions: readonly Permission[];
  active: boolean;
}

/**
 * Error `conflict` when a change would leave the organization without an admin, or without one with `policy`, who can sign in; or the
 * installation without an operator. The user of the command line does not count: nobody signs in as that. The caller holds the organization.
 */
export async function refuseLastHolder(
  tx: Transaction,
  organizationId: string,
  before: Access & { name: string; userId: string | null },
  after: Access,
): Promise<void> {
  const loses = ({ has }: Right) => has(before) && !has(after);
  for (const right of rights.filter(loses)) {
    const { rows } = await tx.execute(sql`
      select 1 from members m
      left join employees e on e.organization_id = m.organization_id and e.id = m.employee_id
      where m.user_id <> ${before.userId} and m.user_id <> ${localOperator.id} and coalesce(e.active, true)
        and (m.organization_id = ${organizationId} or ${right.everywhere}) and ${right.holds}
      limit 1`);
    if (rows.length > 0) continue;
    throw new ClawpoolError('conflict', `${before.name} is ${right.last}.`, `${right.hint} to somebody else first.`);
  }
}

interface Right {
  has(access: Access): boolean;
  /** Of a member `m`. */
  holds: ReturnType<typeof sql>;
  /** Of the installation, not of the organization. */
  everywhere: boolean;
  last: string;
  hint: string;
}

const isAdmin = ({ active, roles }: Access) => active && roles.includes('admin');

const rights: readonly Right[] = [
  {
    has: isAdmin,
    holds: sql`m.roles ? 'admin'`,
    everywhere: false,
    last: 'the last admin',
    hint: 'Give the role',
  },
  {
    has: (access) => isAdmin(access) && access.permissions.includes('policy'),
    holds: sql`m.roles ? 'admin' and m.permissions ? 'policy'`,
    everywhere: false,
    last: 'the last admin who may change what holds for everybody',
    hint: 'Give the permission “policy”',
  },
  {
    has: ({ active, roles }) => active && roles.includes('operator'),
    holds: sql`m.roles ? 'operator'`,
    everywhere: true,
    last: 'the last operator of this installation',
    hint: 'Give the role',
  },
];
