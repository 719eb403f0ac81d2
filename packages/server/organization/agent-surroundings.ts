import type { AgentDefinition, Person } from '@clawpool/contracts';
import { and, asc, desc, eq, or } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { channelAccounts, channelBindings, departments, employees, positions } from '../store/schema/index.ts';

/**
 * The organization's people by name, without those who are suspended, but with the agent's owner. What a person is the right one to ask about is
 * their own topics, then their position's.
 */
export async function listPeople(db: Queryable, organizationId: string, ownerId: string | null): Promise<Person[]> {
  const rows = await db
    .select({
      id: employees.id,
      name: employees.name,
      email: employees.email,
      position: positions.name,
      department: departments.name,
      own: employees.contactFor,
      ofPosition: positions.contactFor,
    })
    .from(employees)
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .where(
      and(
        eq(employees.organizationId, organizationId),
        or(eq(employees.active, true), eq(employees.id, ownerId ?? '')),
      ),
    )
    .orderBy(asc(employees.name));
  return rows.map(({ own, ofPosition, position, ...person }) => ({
    ...person,
    position: position ?? '',
    contactFor: [...new Set([...own, ...(ofPosition ?? [])])],
  }));
}

/** Where a person is reached: their paired chats, the preferred one first. */
export async function listChannelsOf(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<NonNullable<AgentDefinition['channels']>> {
  return db
    .select({
      channel: channelAccounts.channel,
      name: channelBindings.displayName,
      preferred: channelBindings.preferred,
    })
    .from(channelBindings)
    .innerJoin(
      channelAccounts,
      and(
        eq(channelAccounts.organizationId, channelBindings.organizationId),
        eq(channelAccounts.id, channelBindings.accountId),
      ),
    )
    .where(
      and(
        eq(channelBindings.organizationId, organizationId),
        eq(channelBindings.employeeId, employeeId),
        eq(channelAccounts.enabled, true),
      ),
    )
    .orderBy(desc(channelBindings.preferred), asc(channelAccounts.channel), asc(channelBindings.displayName));
}
