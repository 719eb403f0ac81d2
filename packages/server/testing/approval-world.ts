import type { Role } from '@clawpool/contracts';
import { eq } from 'drizzle-orm';
import { createDecisionService, type DecisionService } from '../governance/approvals/decisions/decision-service.ts';
import { createGrantService, type GrantService } from '../governance/approvals/grants/grant-service.ts';
import { keepGrants } from '../governance/approvals/grants/grant-upkeep.ts';
import {
  type AccessRequestService,
  createAccessRequestService,
} from '../governance/approvals/requests/access-request-service.ts';
import type { Principal } from '../organization/principal.ts';
import type { Database } from '../store/database.ts';
import { auditEvents, departments, employees, members, personNotifications, users } from '../store/schema/index.ts';
import { insertSmallOrganization } from './small-organization.ts';

/**
 * The small organization with people who decide: Mia manages Everybody, where Ann and Ben work; Otto manages another department; Ada and Abe are
 * admins; Rita is the admin of another organization. A clock that the test sets.
 */
export interface ApprovalWorld {
  ann: Principal;
  ben: Principal;
  mia: Principal;
  otto: Principal;
  ada: Principal;
  abe: Principal;
  auditor: Principal;
  rita: Principal;
  requests: AccessRequestService;
  decisions: DecisionService;
  grants: GrantService;
  /** One round of what happens by itself. */
  keep(): Promise<number>;
  now(): Date;
  pass(hours: number): void;
  /** `action by actor`, oldest first. */
  trail(): Promise<string[]>;
  /** Who was told what in the portal, as `user: title`. */
  told(): Promise<string[]>;
}

export async function startApprovalWorld(database: Database): Promise<ApprovalWorld> {
  const { db } = database;
  const { ann, ben } = await insertSmallOrganization(database);
  await insertSmallOrganization(database, 'rival');
  await db.insert(departments).values({ organizationId: 'org', id: 'other', name: 'Other' });
  const person = async (name: string, role: Role, departmentId: string | null, organizationId = 'org') => {
    const userId = `user-${name.toLowerCase()}`;
    const employeeId = departmentId === null ? null : name.toLowerCase();
    const email = `${name.toLowerCase()}@small.example`;
    await db.insert(users).values({ id: userId, name, email });
    if (employeeId !== null && departmentId !== null) {
      await db.insert(employees).values({ organizationId, id: employeeId, number: name, name, email, departmentId });
    }
    await db.insert(members).values({ organizationId, userId, employeeId, roles: [role] });
    return { organizationId, userId, name, employeeId, roles: [role] } satisfies Principal;
  };
  let time = new Date('2026-05-01T08:00:00Z');
  const clock = { now: () => time };
  return {
    ...{ ann, ben },
    mia: await person('Mia', 'manager', 'all'),
    otto: await person('Otto', 'manager', 'other'),
    ada: await person('Ada', 'admin', null),
    abe: await person('Abe', 'admin', null),
    auditor: await person('Audrey', 'auditor', null),
    rita: await person('Rita', 'admin', null, 'rival'),
    requests: createAccessRequestService(database, clock),
    decisions: createDecisionService(database, clock),
    grants: createGrantService(database, clock),
    keep: () => keepGrants({ database, ...clock }),
    now: clock.now,
    pass: (hours) => {
      time = new Date(time.getTime() + hours * 3_600_000);
    },
    trail: async () => {
      const events = await db
        .select()
        .from(auditEvents)
        .where(eq(auditEvents.organizationId, 'org'))
        .orderBy(auditEvents.id);
      return events.map(({ action, actorName }) => `${action} by ${actorName}`);
    },
    told: async () => {
      const rows = await db
        .select()
        .from(personNotifications)
        .orderBy(personNotifications.createdAt, personNotifications.userId);
      return rows.map(({ userId, title }) => `${userId.replace('user-', '')}: ${title}`);
    },
  };
}

/** Ann’s usual request. */
export const shellForAnHour = {
  kind: 'tool',
  resource: 'shell',
  reason: 'git status for the review',
  hours: 1,
} as const;
