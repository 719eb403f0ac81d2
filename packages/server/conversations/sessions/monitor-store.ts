import type { MonitoredSession, Origin, SessionFigures, TurnState } from '@clawpool/contracts';
import { and, asc, eq, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { alias, type PgSelect } from 'drizzle-orm/pg-core';
import type { Queryable } from '../../store/database.ts';
import {
  auditEvents,
  conversations,
  departments,
  employees,
  members,
  tenants,
  users,
} from '../../store/schema/index.ts';
import { conversationColumns, toConversation } from '../conversation-store.ts';
import { pathsOfCallersDepartment, pathsOfOwnersDepartment, type SessionScope } from './monitor.ts';

export interface SessionQuery {
  state: 'active' | 'open' | 'ended' | 'taken_over' | 'all';
  path?: string | undefined;
  /** Part of the caller's or tenant's name, or of the title. */
  search?: string | undefined;
  limit: number;
  offset: number;
}

/** Sessions in which something was said, the latest first. */
export async function pageOfSessions(
  db: Queryable,
  scope: SessionScope,
  query: SessionQuery,
): Promise<{ sessions: MonitoredSession[]; total: number }> {
  if (scope.departmentIds?.length === 0) return { sessions: [], total: 0 };
  const where = and(inScope(scope), fits(query));
  // Figures are read for the page alone: what is cut off by `limit` is not looked at.
  const page = db.$with('page').as(
    joined(
      db
        .select({ id: sql<string>`${conversations.id}`.as('page_id') })
        .from(conversations)
        .$dynamic(),
    )
      .where(where)
      .orderBy(...latestFirst)
      .limit(query.limit)
      .offset(query.offset),
  );
  const [rows, [counted]] = await Promise.all([
    joined(db.with(page).select(sessionColumns).from(conversations).$dynamic())
      .where(and(inScope(scope), sql`${conversations.id} in (select page_id from page)`))
      .orderBy(...latestFirst),
    joined(db.select({ total: sql<number>`count(*)::int` }).from(conversations).$dynamic()).where(where),
  ]);
  return { sessions: rows.map(toSession), total: counted?.total ?? 0 };
}

/** Null: there is no such session in the scope. */
export async function findSession(db: Queryable, scope: SessionScope, id: string): Promise<MonitoredSession | null> {
  if (scope.departmentIds?.length === 0) return null;
  const query = joined(db.select(sessionColumns).from(conversations).$dynamic());
  const [row] = await query.where(and(inScope(scope), eq(conversations.id, id)));
  return row ? toSession(row) : null;
}

/** Whether a session is in the scope. */
export async function isInScope(db: Queryable, scope: SessionScope, id: string): Promise<boolean> {
  if (scope.departmentIds?.length === 0) return false;
  const query = joined(db.select({ id: conversations.id }).from(conversations).$dynamic());
  const rows = await query.where(and(inScope(scope), eq(conversations.id, id)));
  return rows.length > 0;
}

/** Whether a person's reading of something was recorded within the last hour. */
export async function wasRead(
  db: Queryable,
  organizationId: string,
  userId: string,
  { action, id }: { action: string; id: string },
): Promise<boolean> {
  const rows = await db
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(
      and(
        eq(auditEvents.organizationId, organizationId),
        eq(auditEvents.targetId, id),
        eq(auditEvents.actorId, userId),
        eq(auditEvents.action, action),
        sql`${auditEvents.at} > now() - interval '1 hour'`,
      ),
    )
    .limit(1);
  return rows.length > 0;
}

const latestFirst = [sql`${conversations.updatedAt} desc`, asc(conversations.id)];

const owner = alias(employees, 'owner');
const caller = alias(users, 'caller');

/** Joins a session's tenant, the tenant's owner, and whoever talks. What may be missing says so in the selected columns. */
function joined<Q extends PgSelect>(query: Q): Q {
  return query
    .innerJoin(
      tenants,
      and(eq(tenants.organizationId, conversations.organizationId), eq(tenants.id, conversations.tenantId)),
    )
    .leftJoin(owner, and(eq(owner.organizationId, tenants.organizationId), eq(owner.id, tenants.employeeId)))
    .leftJoin(users, eq(users.id, conversations.takenOverBy))
    .leftJoin(caller, eq(caller.id, conversations.userId))
    .leftJoin(
      members,
      and(eq(members.organizationId, conversations.organizationId), eq(members.userId, conversations.userId)),
    )
    .leftJoin(
      employees,
      and(eq(employees.organizationId, members.organizationId), eq(employees.id, members.employeeId)),
    )
    .leftJoin(
      departments,
      and(eq(departments.organizationId, employees.organizationId), eq(departments.id, employees.departmentId)),
    ) as unknown as Q;
}

const callerName = sql<string>`coalesce(nullif(${conversations.callerName}, ''), ${caller.name}, '')`;

const inScope = ({ organizationId, departmentIds }: SessionScope) =>
  and(
    eq(conversations.organizationId, organizationId),
    departmentIds === null
      ? undefined
      : or(
          and(among(employees.departmentId, departmentIds), among(conversations.path, pathsOfCallersDepartment)),
          and(among(owner.departmentId, departmentIds), among(conversations.path, pathsOfOwnersDepartment)),
        ),
  );

const among = (column: SQLWrapper, values: readonly string[]) => sql`${column} = any(${sql.param([...values])})`;

function fits({ state, path, search = '' }: SessionQuery): SQL | undefined {
  return and(
    sql`${conversations.title} <> ''`,
    path === undefined ? sql`${conversations.path} <> 'pgnd'` : sql`${conversations.path} = ${path}`,
    stateIs[state],
    ...search
      .replaceAll('\0', '')
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(
        (word) => sql`concat_ws(' ', ${callerName}, ${tenants.name}, ${conversations.title}) ilike ${pattern(word)}`,
      ),
  );
}

/** `%` and `_` mean themselves. */
const pattern = (word: string) => `%${word.replace(/[\\%_]/g, '\\$&')}%`;

const stateIs: Record<SessionQuery['state'], SQL | undefined> = {
  all: undefined,
  ended: sql`${conversations.endedAt} is not null`,
  open: sql`${conversations.endedAt} is null`,
  taken_over: sql`${conversations.endedAt} is null and ${conversations.takenOverUntil} > now()`,
  active: sql`${conversations.endedAt} is null and (${conversations.updatedAt} > now() - interval '1 hour' or exists (
    select from turns t where t.organization_id = ${conversations.organizationId} and t.conversation_id = ${conversations.id}
      and t.finished_at is null))`,
};

const ofTurns = sql`from turns t where t.organization_id = ${conversations.organizationId} and t.conversation_id = ${conversations.id}`;

const sessionColumns = {
  ...conversationColumns,
  caller: callerName,
  employeeId: sql<string | null>`${employees.id}`,
  department: sql<string | null>`${departments.name}`,
  newest: sql<{ state: TurnState; origin: Origin; acceptedAt: string } | null>`(
    select jsonb_build_object('state', t.state, 'origin', t.origin, 'acceptedAt', t.accepted_at) ${ofTurns}
    order by t.arrival desc limit 1)`,
  // Medians of turns that were answered, in milliseconds.
  figures: sql<Omit<SessionFigures, 'refusedTools' | 'inputTokens' | 'outputTokens' | 'humanMessages'>>`(
    select jsonb_build_object(
      'turns', count(*),
      'answered', count(*) filter (where t.state = 'answered'),
      'failed', count(*) filter (where t.state = 'failed'),
      'stopped', count(*) filter (where t.state = 'stopped'),
      'firstTokenMs', round(percentile_cont(0.5) within group (order by extract(epoch from t.first_token_at - t.accepted_at) * 1000)
        filter (where t.state = 'answered' and t.first_token_at is not null)),
      'answerMs', round(percentile_cont(0.5) within group (order by extract(epoch from t.finished_at - t.accepted_at) * 1000)
        filter (where t.state = 'answered'))) ${ofTurns})`,
  // A runtime names the turn of its calls, and may lie: only its own tenant's sessions are believed.
  refusedTools: sql<number>`(
    select count(*)::int from audit_events a
    where a.organization_id = ${conversations.organizationId} and a.actor_type = 'agent' and a.actor_id = ${conversations.tenantId}
      and a.action = 'tool.refused' and a.at >= ${conversations.createdAt} and a.detail->>'turnId' in (select t.id ${ofTurns}))`,
  tokens: sql<{ input: number; output: number }>`(
    select jsonb_build_object('input', coalesce(sum(c.input_tokens), 0), 'output', coalesce(sum(c.output_tokens), 0))
    from turns t join model_calls c on c.turn_id = t.id and c.organization_id = t.organization_id and c.tenant_id = t.tenant_id
    where t.organization_id = ${conversations.organizationId} and t.conversation_id = ${conversations.id})`,
  humanMessages: sql<number>`(
    select count(*)::int from messages m where m.organization_id = ${conversations.organizationId}
      and m.conversation_id = ${conversations.id} and m.role = 'human')`,
};

type SessionRow = Parameters<typeof toConversation>[0] & {
  caller: string;
  employeeId: string | null;
  department: string | null;
  newest: MonitoredSession['turn'];
  figures: Omit<SessionFigures, 'refusedTools' | 'inputTokens' | 'outputTokens' | 'humanMessages'>;
  refusedTools: number;
  tokens: { input: number; output: number };
  humanMessages: number;
};

const toSession = (row: SessionRow): MonitoredSession => ({
  conversation: toConversation(row),
  caller: { name: row.caller, employeeId: row.employeeId, department: row.department },
  turn: row.newest && { ...row.newest, acceptedAt: new Date(row.newest.acceptedAt).toISOString() },
  figures: {
    ...row.figures,
    refusedTools: row.refusedTools,
    inputTokens: Number(row.tokens.input),
    outputTokens: Number(row.tokens.output),
    humanMessages: row.humanMessages,
  },
});
