import { and, asc, eq, isNotNull, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Queryable } from '../../store/database.ts';
import {
  assignments,
  conversations,
  departments,
  employees,
  members,
  positions,
  routingRules,
  tenants,
  tiers,
} from '../../store/schema/index.ts';
import type { FoundRule, RoutedTenant, RoutedTier, RoutingFacts } from './route.ts';

/** Null: there is no such employee in the organization. */
export async function findRoutingFacts(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<RoutingFacts | null> {
  const [employee, rules, theirs] = await Promise.all([
    findEmployee(db, organizationId, employeeId),
    listRulesFor(db, organizationId, employeeId),
    listTenantsFor(db, organizationId, employeeId),
  ]);
  if (!employee) return null;
  const { positionTier, ...shown } = employee;
  return {
    employee: shown,
    positionTier,
    rules,
    own: theirs.find((tenant) => tenant.employeeId === employeeId) ?? null,
    assigned: theirs.filter((tenant) => tenant.employeeId !== employeeId),
  };
}

const routedTier = { id: tiers.id, name: tiers.name, alwaysOn: tiers.alwaysOn };
const tenantTier = alias(tiers, 'tenant_tier');

async function findEmployee(db: Queryable, organizationId: string, employeeId: string) {
  const [row] = await db
    .select({
      id: employees.id,
      name: employees.name,
      position: positions.name,
      department: departments.name,
      positionTier: routedTier,
    })
    .from(employees)
    .leftJoin(
      positions,
      and(eq(positions.organizationId, employees.organizationId), eq(positions.id, employees.positionId)),
    )
    .innerJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    )
    .leftJoin(tiers, and(eq(tiers.organizationId, positions.organizationId), eq(tiers.id, positions.tierId)))
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  return row ? { ...row, position: row.position ?? '' } : null;
}

async function listRulesFor(db: Queryable, organizationId: string, employeeId: string): Promise<FoundRule[]> {
  const rows = await db
    .select({
      scope: routingRules.scope,
      tier: routedTier,
      tenant: {
        id: tenants.id,
        name: tenants.name,
        state: tenants.state,
        employeeId: tenants.employeeId,
      },
      tenantTier: { id: tenantTier.id, name: tenantTier.name, alwaysOn: tenantTier.alwaysOn },
    })
    .from(routingRules)
    .leftJoin(tiers, and(eq(tiers.organizationId, routingRules.organizationId), eq(tiers.id, routingRules.tierId)))
    .leftJoin(
      tenants,
      and(eq(tenants.organizationId, routingRules.organizationId), eq(tenants.id, routingRules.tenantId)),
    )
    .leftJoin(tenantTier, and(eq(tenantTier.organizationId, tenants.organizationId), eq(tenantTier.id, tenants.tierId)))
    .where(
      and(
        eq(routingRules.organizationId, organizationId),
        or(
          and(eq(routingRules.scope, 'employee'), eq(routingRules.ownerId, employeeId)),
          and(
            eq(routingRules.scope, 'position'),
            eq(
              routingRules.ownerId,
              sql`(select position_id from employees e where e.organization_id = ${organizationId} and e.id = ${employeeId})`,
            ),
          ),
          and(eq(routingRules.scope, 'organization'), eq(routingRules.ownerId, '')),
        ),
      ),
    );
  return rows.map(({ scope, tier, tenant, tenantTier: runsIn }) => ({
    scope,
    tier: tier && (tier satisfies RoutedTier),
    tenant: tenant && runsIn ? { ...tenant, tier: runsIn } : null,
  }));
}

/** The employee's own, and those shared with them in the order in which they were. */
async function listTenantsFor(db: Queryable, organizationId: string, employeeId: string): Promise<RoutedTenant[]> {
  return db
    .select({
      id: tenants.id,
      name: tenants.name,
      state: tenants.state,
      employeeId: tenants.employeeId,
      tier: routedTier,
    })
    .from(tenants)
    .innerJoin(tiers, and(eq(tiers.organizationId, tenants.organizationId), eq(tiers.id, tenants.tierId)))
    .leftJoin(
      assignments,
      and(
        eq(assignments.organizationId, tenants.organizationId),
        eq(assignments.tenantId, tenants.id),
        eq(assignments.employeeId, employeeId),
      ),
    )
    .where(
      and(
        eq(tenants.organizationId, organizationId),
        or(
          and(eq(tenants.employeeId, employeeId), sql`${tenants.state} <> 'deleted'`),
          // What has become somebody's own is shared no longer.
          and(isNotNull(assignments.employeeId), sql`${tenants.employeeId} is null`),
        ),
      ),
    )
    .orderBy(asc(assignments.createdAt), asc(tenants.id));
}

/** The conversation that the employee's next message from the portal or a channel belongs to; null: it begins a new one. */
export async function findCurrentConversation(
  db: Queryable,
  organizationId: string,
  employeeId: string,
  tenantId: string,
): Promise<string | null> {
  const [row] = await db
    .select({ id: conversations.id })
    .from(conversations)
    .innerJoin(
      members,
      and(eq(members.organizationId, conversations.organizationId), eq(members.userId, conversations.userId)),
    )
    .where(
      and(
        eq(conversations.organizationId, organizationId),
        eq(conversations.tenantId, tenantId),
        eq(conversations.path, 'emp'),
        eq(members.employeeId, employeeId),
        sql`${conversations.callerKey} = 'user:' || ${members.userId}`,
        sql`${conversations.endedAt} is null`,
      ),
    )
    .orderBy(sql`${conversations.createdAt} desc`)
    .limit(1);
  return row?.id ?? null;
}

/** The department an employee is in; null: there is no such employee. */
export async function findDepartmentOf(
  db: Queryable,
  organizationId: string,
  employeeId: string,
): Promise<string | null> {
  const [row] = await db
    .select({ departmentId: employees.departmentId })
    .from(employees)
    .where(and(eq(employees.organizationId, organizationId), eq(employees.id, employeeId)));
  return row?.departmentId ?? null;
}
